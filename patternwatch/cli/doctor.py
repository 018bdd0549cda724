"""`patternwatch doctor`: the whole way, tried once, and what to change about it."""

import asyncio
from collections.abc import Iterable

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from patternwatch.cli.output_format import Format, FormatOption, as_json
from patternwatch.cli.serve import read_settings
from patternwatch.contracts.checks import Check, Checks, is_sound
from patternwatch.contracts.errors import ModelError
from patternwatch.streams.settings import WorkerSettings

_STYLE = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def command(
    form: FormatOption = Format.TABLE,
) -> None:
    """Try the whole way (Kafka, the source for each tenant, the model) and say what to change.

    For each tenant it also shows what labels were taken to mean: entities by kind, which exporters tell
    of them, and names that more than one entity has.

    Reads the PATTERNWATCH_* settings of a worker and changes nothing. Exit code 1 where something fails.
    """
    settings = read_settings(WorkerSettings)
    checks = [*asyncio.run(_reached(settings)), *_model(settings)]
    if form is Format.JSON:
        typer.echo(as_json({"ok": is_sound(checks), "checks": [check.model_dump() for check in checks]}))
    else:
        Console().print(_table(checks))
    raise typer.Exit(0 if is_sound(checks) else 1)


async def _reached(settings: WorkerSettings) -> list[Check]:
    from patternwatch.cli.doctor_labels import check_labels  # noqa: PLC0415
    from patternwatch.cortex.preflight import check_source  # noqa: PLC0415
    from patternwatch.kafka.preflight import check_kafka  # noqa: PLC0415
    from patternwatch.streams.agents.declarations import ROLES  # noqa: PLC0415

    tenants = settings.tenants
    kafka, *others = await asyncio.gather(
        check_kafka(settings.kafka, ROLES, settings.group, settings.session_timeout_s),
        *(check_source(settings.source, tenant, settings.analysis) for tenant in tenants),
        *(check_labels(settings.source, tenant, settings.analysis) for tenant in tenants),
    )
    sources, labels = others[: len(tenants)], others[len(tenants) :]
    told = [check for checks in (kafka, *sources) for check in checks]
    return [*told, *(said_once(check, told) for checks in labels for check in checks)]


def said_once(check: Check, told: Iterable[Check]) -> Check:
    """The check without a problem that another one has told with what to change.

    >>> away = Check(verdict="fail", area="source", name="reachable", finding="it is away", remedy="Start it")
    >>> found = Check(
    ...     verdict="warn", area="labels", name="entities", finding="none: it is away", remedy="Start it"
    ... )
    >>> said_once(found, [away]).finding, said_once(found, [away]).remedy
    ('none, for the reason above', '')
    """
    for other in told:
        if other.verdict != "ok" and other.remedy == check.remedy and check.finding.endswith(other.finding):
            what = check.finding.removesuffix(other.finding).rstrip(": ")
            return check.model_copy(update={"finding": f"{what}, for the reason above", "remedy": ""})
    return check


def _model(settings: WorkerSettings) -> list[Check]:
    from patternwatch.classifier.factory import open_model  # noqa: PLC0415

    checks = Checks("model")
    try:
        model = open_model(settings.model)
    except ModelError as error:
        checks.fail("loads", error.problem, error.remedy)
    else:
        assert model is not None, "without a known hash there is always one"
        checks.ok("loads", f"version {model.version}")
    return checks.made


def _table(checks: list[Check]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for title in ("", "of", "check", "found, and what to change"):
        table.add_column(title, overflow="fold")
    area = ""
    for check in checks:
        table.add_row(
            Text(check.verdict, style=_STYLE[check.verdict]),
            Text(check.area if check.area != area else ""),
            Text(check.name),
            Text.assemble(check.finding, (f"\n{check.remedy}" if check.remedy else "", "italic")),
        )
        area = check.area
    return table
