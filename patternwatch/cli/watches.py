"""`patternwatch watches`: what is watched without an alert, made, changed and ended at a running API."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from patternwatch.cli import watch_cost
from patternwatch.cli.label_stores import API_URL, ApiToken
from patternwatch.cli.operator_name import operator_name
from patternwatch.cli.output_format import Format, FormatOption, as_json
from patternwatch.cli.times import parse_duration, timestamp
from patternwatch.cli.watch_file import Fields, read_watches
from patternwatch.cli.watch_table import lines_of, table_of
from patternwatch.client import ApiClient
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.watches import Mark, Mute, MuteKind, make_watch

Tenant = Annotated[str, typer.Option(help="The tenant whose watches these are.")]
Url = Annotated[str, typer.Option("--api", help="Address of the API.")]
Name = Annotated[str, typer.Argument(help="See `patternwatch watches list`.")]
Kind = Annotated[str, typer.Argument(help="entity, metric, category or series.")]
Value = Annotated[str, typer.Argument(help="Its name; for a series its id.")]

app = typer.Typer(
    no_args_is_help=True, help="Clusters that are watched without an alert: see how each does, change it."
)


@app.command("list")
def list_watches(
    tenant: Tenant = "default", api: Url = API_URL, token: ApiToken = "", form: FormatOption = Format.TABLE
) -> None:
    """List every watch, and how it does."""
    with ApiClient(api, tenant, token=token) as client:
        found = client.watches()
    if form is Format.JSON:
        typer.echo(as_json([one.model_dump(mode="json") for one in found]))
        return
    console = Console(highlight=False)
    if not found:
        console.print("Nothing is watched. `patternwatch watches set NAME '{cluster=\"...\"}'` begins to.")
        return
    console.print(table_of(found))


@app.command("show")
def show(name: Name, tenant: Tenant = "default", api: Url = API_URL, token: ApiToken = "") -> None:
    """Show one watch as YAML that `apply` takes, then what stands out."""
    with ApiClient(api, tenant, token=token) as client:
        one = client.watch(name)
    for line in lines_of(one):
        typer.echo(line)


@app.command("set")
def set_watch(
    name: Annotated[str, typer.Argument(help="A new name, or that of a watch to replace.")],
    selector: Annotated[str, typer.Argument(help="Its series: '{cluster=\"shop\"}'.")],
    each: Annotated[
        str, typer.Option(help="A label, such as cluster: each of its values is watched by itself.")
    ] = "",
    every: Annotated[str, typer.Option(help="How often it looks: 30s, 5m.")] = "60s",
    false_reports_a_week: Annotated[
        float, typer.Option(help="How many false reports a week are accepted, so that true ones come early.")
    ] = 1.0,
    category: Annotated[list[str] | None, typer.Option(help="Watch these only; may be repeated.")] = None,
    tenant: Tenant = "default",
    api: Url = API_URL,
    token: ApiToken = "",
) -> None:
    """Watch these series from now on. Replacing a watch of this name drops its mutes."""
    fields = {
        "selector": selector,
        "each": each,
        "interval_s": parse_duration(every) / 1000,
        "false_reports_a_week": false_reports_a_week,
        "categories": category or [],
    }
    with ApiClient(api, tenant, token=token) as client:
        client.put_watch(name, fields | _by())
    typer.echo(f"{name} is watched")


app.command("cost")(watch_cost.command)


@app.command("pause")
def pause(name: Name, tenant: Tenant = "default", api: Url = API_URL, token: ApiToken = "") -> None:
    """Pause a watch: it reads and judges nothing until `resume`."""
    _change(name, {"paused": True}, tenant, api, token)
    typer.echo(f"{name} is paused")


@app.command("resume")
def resume(name: Name, tenant: Tenant = "default", api: Url = API_URL, token: ApiToken = "") -> None:
    """Resume a watch that is paused."""
    _change(name, {"paused": False}, tenant, api, token)
    typer.echo(f"{name} is watched")


@app.command("mute")
def mute(
    name: Name,
    kind: Kind,
    value: Value,
    lasts: Annotated[str, typer.Option("--for", help="How long: 2h, 7d; without it for good.")] = "",
    note: Annotated[str, typer.Option(help="Why.")] = "",
    tenant: Tenant = "default",
    api: Url = API_URL,
    token: ApiToken = "",
) -> None:
    """Mute something, so that it opens no report. It still shows, as muted."""
    until_ms = time.time_ns() // 1_000_000 + parse_duration(lasts) if lasts else None
    order = Mute(kind=_kind(kind), value=value, until_ms=until_ms, note=note, muted_by=operator_name())
    with ApiClient(api, tenant, token=token) as client:
        client.mute(name, order)
    typer.echo(f"{kind} {value} is muted in {name}" + (f" until {timestamp(until_ms)}" if until_ms else ""))


@app.command("unmute")
def unmute(
    name: Name, kind: Kind, value: Value, tenant: Tenant = "default", api: Url = API_URL, token: ApiToken = ""
) -> None:
    """Let something that is muted open reports again."""
    with ApiClient(api, tenant, token=token) as client:
        client.unmute(name, _kind(kind), value)
    typer.echo(f"{kind} {value} is heard again in {name}")


@app.command("mark")
def mark(
    name: Name,
    verdict: Annotated[str, typer.Argument(help="useful or noise.")],
    entity: Annotated[str, typer.Argument(help="As the live view and the report's episode name it.")],
    metric: Annotated[str, typer.Option(help="One of its metrics only.")] = "",
    report: Annotated[str, typer.Option(help="Id of the report that is judged.")] = "",
    tenant: Tenant = "default",
    api: Url = API_URL,
    token: ApiToken = "",
) -> None:
    """Mark what a watch opened as useful or noise: similar trouble then counts for more, or less."""
    if verdict not in ("useful", "noise"):
        raise InputError(f"{verdict!r} is no verdict", "Say useful or noise")
    order = Mark.model_validate(
        {
            "entity": entity,
            "metric": metric,
            "verdict": verdict,
            "report_id": report,
            "marked_by": operator_name(),
        }
    )
    with ApiClient(api, tenant, token=token) as client:
        client.mark(name, order)
    typer.echo(f"{entity} is marked as {verdict} in {name}")


@app.command("end")
def end(name: Name, tenant: Tenant = "default", api: Url = API_URL, token: ApiToken = "") -> None:
    """End a watch. Where it replaced one of the settings, that one comes back."""
    with ApiClient(api, tenant, token=token) as client:
        client.end_watch(name)
    typer.echo(f"{name} has ended")


@app.command("apply")
def apply(
    file: Annotated[Path, typer.Argument(help="YAML or JSON: a list of watches, as `show` writes them.")],
    tenant: Tenant = "default",
    api: Url = API_URL,
    token: ApiToken = "",
) -> None:
    """Make or change watches as a file says. All are checked before the first one changes."""
    orders = read_watches(file, tenant)
    for order in orders:
        make_watch(tenant, **order)
    with ApiClient(api, tenant, token=token) as client:
        for order in orders:
            name = order.pop("name")
            client.put_watch(name, order | _by())
            typer.echo(f"{name} is watched")


def _change(name: str, fields: Fields, tenant: str, api: str, token: str) -> None:
    with ApiClient(api, tenant, token=token) as client:
        client.change_watch(name, fields | _by())


def _kind(text: str) -> MuteKind:
    for kind in ("entity", "metric", "category", "series"):
        if text == kind:
            return kind
    raise InputError(f"{text!r} cannot be muted", "Mute an entity, a metric, a category or a series")


def _by() -> Fields:
    return {"changed_by": operator_name()}
