"""Watches: make, change, mute and end them, and see how they do."""

from typing import Any

from fastapi import APIRouter, Response

from patternwatch.api.commands import accept_watch, delete_watch
from patternwatch.api.context import API, AppContext, UseContext, UseTenant
from patternwatch.api.http.problems import problems
from patternwatch.api.schemas.watches import Unmute, WatchChange, WatchList, WatchPut, WatchRead
from patternwatch.contracts.errors import NotFoundError, WatchError
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import MAX_MARKS, MAX_WATCHES, Mark, Mute, Watch, make_watch

router = APIRouter(prefix=API + "/tenants/{tenant}/watches", tags=["watches"])


_OF_PART = frozenset(("paused", "mutes", "marks", "changed_by"))
"""What may be changed of a part by itself."""


@router.get("", responses=problems(404))
async def list_watches(context: UseContext, tenant: UseTenant) -> WatchList:
    """Every watch of this tenant by name, those of the settings too, and how each does."""
    made = {watch.name: watch for watch in await context.read_model.watches(tenant.id)}
    states = await context.read_model.watch_states(tenant.id)
    configured = _configured(context, tenant.id)
    found = [
        _shown(made.get(name), configured.get(name), states.get(name)) for name in sorted(made | configured)
    ]
    return WatchList(watches=[one for one in found if one is not None])


@router.get("/{name}", responses=problems(404))
async def get_watch(name: str, context: UseContext, tenant: UseTenant) -> WatchRead:
    """One watch, and how it does."""
    return await _read(context, tenant.id, name)


@router.put("/{name}", responses=problems(400, 404, 413, 422, 503))
async def put_watch(name: str, order: WatchPut, context: UseContext, tenant: UseTenant) -> WatchRead:
    """Make a watch, or replace it. Answered when Kafka holds it: the workers follow within a look."""
    known = await context.read_model.watch(tenant.id, name)
    if known is None and await context.read_model.watch_count(tenant.id) >= MAX_WATCHES:
        raise WatchError(f"The tenant has {MAX_WATCHES} watches already", "End some that nobody needs")
    watch = make_watch(
        tenant.id, name, **order.model_dump(exclude_none=True), changed_at_ms=_later(context, known)
    )
    await accept_watch(context, watch)
    return await _read(context, tenant.id, name)


@router.patch("/{name}", responses=problems(400, 404, 413, 422, 503))
async def change_watch(name: str, order: WatchChange, context: UseContext, tenant: UseTenant) -> WatchRead:
    """Change some of a watch: pause it, give it another budget. One of the settings is then kept here.

    A part of another one can be paused; all else is as that one says.
    """
    return await _change(context, tenant.id, name, order.model_dump(exclude_none=True))


@router.post("/{name}/mutes", responses=problems(400, 404, 413, 422, 503))
async def mute(name: str, order: Mute, context: UseContext, tenant: UseTenant) -> WatchRead:
    """Let an entity, a metric, a category or a series open no report, for a time or for good."""
    watch = (await _read(context, tenant.id, name)).watch
    others = tuple(
        m for m in watch.muted_at(context.clock()) if (m.kind, m.value) != (order.kind, order.value)
    )
    return await _change(context, tenant.id, name, {"mutes": (*others, order)})


@router.post("/{name}/marks", responses=problems(400, 404, 413, 422, 503))
async def mark(name: str, order: Mark, context: UseContext, tenant: UseTenant) -> WatchRead:
    """Say of a report that it was useful or noise: its entity's like must be less rare or rarer from then on.

    A second mark of one report takes the first one's place. The newest 200 are kept.
    """
    watch = (await _read(context, tenant.id, name)).watch
    marked = order.model_copy(update={"at_ms": order.at_ms or context.clock()})
    others = tuple(m for m in watch.marks if not m.report_id or m.report_id != order.report_id)
    return await _change(context, tenant.id, name, {"marks": (*others, marked)[-MAX_MARKS:]})


@router.post("/{name}/mutes/end", responses=problems(400, 404, 413, 422, 503))
async def unmute(name: str, order: Unmute, context: UseContext, tenant: UseTenant) -> WatchRead:
    """Let it open reports again."""
    watch = (await _read(context, tenant.id, name)).watch
    others = tuple(m for m in watch.mutes if (m.kind, m.value) != (order.kind, order.value))
    if len(others) == len(watch.mutes):
        raise NotFoundError(
            f"{order.kind} {order.value!r} is not muted in watch {name!r}", "See what is: GET the watch"
        )
    return await _change(context, tenant.id, name, {"mutes": others})


@router.delete("/{name}", status_code=204, responses=problems(404, 503))
async def end_watch(name: str, context: UseContext, tenant: UseTenant) -> Response:
    """End a watch. One over a watch of the settings brings that one back."""
    known = await context.read_model.watch(tenant.id, name)
    if known is not None and known.part_of:
        raise WatchError(
            f"{name!r} is a part of {known.part_of!r}, which would make it anew",
            f"Pause it, or end {known.part_of!r}",
        )
    if known is None:
        if name in _configured(context, tenant.id):
            raise WatchError(
                f"The watch {name!r} is one of the settings", "Take it out of them, or pause it here"
            )
        raise _unknown(tenant.id, name)
    await delete_watch(context, tenant.id, name)
    return Response(status_code=204)


async def _change(context: AppContext, tenant: str, name: str, changes: dict[str, Any]) -> WatchRead:
    watch = (await _read(context, tenant, name)).watch
    of_whole = sorted(changes.keys() - _OF_PART) if watch.part_of else []
    if of_whole:
        raise WatchError(
            f"{name!r} is a part of {watch.part_of!r}, which says its {', '.join(of_whole)}",
            f"Change {watch.part_of!r}; a part can be paused and muted by itself",
        )
    fields = {name: getattr(watch, name) for name in Watch.model_fields if name != "schema_version"}
    await accept_watch(context, make_watch(**{**fields, **changes, "changed_at_ms": _later(context, watch)}))
    return await _read(context, tenant, name)


async def _read(context: AppContext, tenant: str, name: str) -> WatchRead:
    made = await context.read_model.watch(tenant, name)
    states = await context.read_model.watch_states(tenant)
    shown = _shown(made, _configured(context, tenant).get(name), states.get(name))
    if shown is None:
        raise _unknown(tenant, name)
    return shown


def _shown(made: Watch | None, configured: Watch | None, state: WatchState | None) -> WatchRead | None:
    """A watch that was made here, of the settings, or both; None where it is neither."""
    watch = made or configured
    if watch is None:
        return None
    overrides = made is not None and configured is not None
    return WatchRead(
        watch=watch, origin="data" if made else "settings", overrides_settings=overrides, state=state
    )


def _configured(context: AppContext, tenant: str) -> dict[str, Watch]:
    return {w.name: Watch.of_settings(w) for w in context.settings.watches if w.tenant == tenant}


def _later(context: AppContext, known: Watch | None) -> int:
    """A time of change that beats the last one, though clocks of two replicas differ."""
    return max(context.clock(), known.changed_at_ms + 1 if known else 0)


def _unknown(tenant: str, name: str) -> NotFoundError:
    return NotFoundError(f"Tenant {tenant!r} has no watch {name!r}", "List them with GET /watches")
