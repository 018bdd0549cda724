"""`patternwatch tokens create|list|revoke`: who may use the API with a token."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from patternwatch.cli.output_format import Format, FormatOption, as_json
from patternwatch.cli.serve import read_settings
from patternwatch.cli.times import minute, parse_duration, timestamp
from patternwatch.contracts.base import TENANT_PATTERN
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import TenantSettings

if TYPE_CHECKING:
    from patternwatch.api.access.token_store import StoredToken, TokenStore

T = TypeVar("T")

_NAME = re.compile(r"[A-Za-z0-9_.@ -]{1,100}")
_NEVER = "never"

app = typer.Typer(
    no_args_is_help=True,
    help="Tokens for people and programs that use the API. Kept, as hashes, in the database of "
    "PATTERNWATCH_ACCESS__TOKEN_DATABASE_URL, by default PATTERNWATCH_DATABASE_URL: run it with the settings "
    "of the API.",
)


class Roles(StrEnum):
    """The roles, as a choice of the command line."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    SENDER = "sender"


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="Who gets it: alice, alertmanager.")],
    tenant: Annotated[
        list[str] | None, typer.Option(help="A tenant whose data it opens; may be repeated.")
    ] = None,
    all_tenants: Annotated[
        bool, typer.Option("--all-tenants", help="It opens everybody's, and /metrics.")
    ] = False,
    role: Annotated[
        Roles,
        typer.Option(help="viewer reads; operator starts, teaches, deletes too; sender sends alerts only."),
    ] = Roles.VIEWER,
    expires: Annotated[str, typer.Option(help="When it expires: 90d, 12h, or `never`.")] = "365d",
) -> None:
    """Make a token and print it, this once. Nothing else goes to stdout."""
    if not _NAME.fullmatch(name):
        raise InputError(f"{name!r} cannot be a token's name", "Use letters, digits, blanks and _.@-")
    tenants = _tenants(tenant or [], all_tenants)
    now_ms = _now_ms()
    expires_at_ms = None if expires == _NEVER else now_ms + parse_duration(expires)
    known = _settings_tenants()
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    for each in sorted(tenants or ()):
        if each not in {t.id for t in known}:
            console.print(f"note: PATTERNWATCH_TENANTS names no tenant {each!r} here", markup=False)
    made = _with_store(lambda store: store.create(name, tenants, role.value, expires_at_ms))
    until = "never expires" if expires_at_ms is None else f"expires {timestamp(expires_at_ms)}"
    told = f"{made.token_id}: {role.value} of {_whose(tenants)}, {until}; kept in {_place()}"
    console.print(told, markup=False)
    typer.echo(str(made))


@app.command("list")
def list_tokens(
    everything: Annotated[bool, typer.Option("--all", help="Those that are over, too.")] = False,
    form: FormatOption = Format.TABLE,
) -> None:
    """Tokens that count, the latest first; never their secrets."""
    now_ms = _now_ms()
    found = [t for t in _with_store(lambda store: store.all()) if everything or not t.is_over(now_ms)]
    if form is Format.JSON:
        typer.echo(as_json([_told(token, now_ms) for token in found]))
        return
    console = Console(highlight=False)
    if not found:
        console.print(f"There are no tokens in {_place()}", markup=False, soft_wrap=True)
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    for title in ("id", "name", "role", "tenants", "made, UTC", "state"):
        table.add_column(title, overflow="fold", no_wrap=title in ("id", "role", "made, UTC"))
    for token in found:
        made = minute(token.created_at_ms)
        state = _state(token, now_ms)
        table.add_row(token.token_id, token.name, token.role, _whose(token.tenants), made, state)
    console.print(table)


@app.command("revoke")
def revoke(token_id: Annotated[str, typer.Argument(help="See `patternwatch tokens list`.")]) -> None:
    """Revoke a token, for good. Every API process refuses it within seconds, and ends its streams."""
    token = _with_store(lambda store: store.revoke(token_id))
    Console(highlight=False).print(f"{token.token_id} of {token.name} is revoked", markup=False)


def _tenants(named: list[str], all_tenants: bool) -> frozenset[str] | None:
    if bool(named) == all_tenants:
        raise InputError("It is not said whose data the token opens", "Give either --tenant or --all-tenants")
    for each in named:
        if not TENANT_PATTERN.fullmatch(each):
            raise InputError(f"{each!r} cannot be a tenant", "Give an id of PATTERNWATCH_TENANTS")
    return None if all_tenants else frozenset(named)


def _state(token: "StoredToken", now_ms: int) -> str:
    if token.revoked_at_ms is not None:
        return f"revoked {minute(token.revoked_at_ms)}"
    if token.expires_at_ms is None:
        return "never expires"
    return f"{'expired' if token.is_over(now_ms) else 'expires'} {minute(token.expires_at_ms)}"


def _told(token: "StoredToken", now_ms: int) -> dict[str, object]:
    """What a program may know of it: all but its hash."""
    told = asdict(token)
    del told["digest"]
    tenants = None if token.tenants is None else sorted(token.tenants)
    return told | {"tenants": tenants, "is_over": token.is_over(now_ms)}


def _whose(tenants: frozenset[str] | None) -> str:
    return "all tenants" if tenants is None else ", ".join(sorted(tenants))


def _place() -> str:
    """Where they are kept: a token that was made elsewhere than where the API looks opens nothing."""
    from patternwatch.api.read_model.database_url import place_of  # noqa: PLC0415

    return place_of(_database_url())


def _database_url() -> str:
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415

    return read_settings(ApiSettings).tokens_url


def _settings_tenants() -> tuple[TenantSettings, ...]:
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415

    return read_settings(ApiSettings).tenants


def _with_store(work: "Callable[[TokenStore], Awaitable[T]]") -> T:
    """What `work` gives, over the tokens of the settings; raises InputError where they cannot be reached."""
    from sqlalchemy.exc import DBAPIError  # noqa: PLC0415

    from patternwatch.api.access.token_store import TokenStore  # noqa: PLC0415
    from patternwatch.api.read_model.database_errors import remedy  # noqa: PLC0415

    store = TokenStore(_database_url(), _now_ms)

    async def run() -> T:
        try:
            await store.open()
            return await work(store)
        except DBAPIError as error:
            raise InputError(
                f"The database of tokens cannot be used ({_place()}): {error.orig}", remedy(error)
            ) from error
        finally:
            await store.close()

    return asyncio.run(run())


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
