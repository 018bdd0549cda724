"""`patternwatch analyze`: what to look at, from the options; its report, in words or as JSON."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.label_stores import ApiToken, store_at
from patternwatch.cli.one_process import EVERYTHING, analyze
from patternwatch.cli.output_format import Format, FormatOption
from patternwatch.cli.serve import read_settings
from patternwatch.cli.sources import source_at
from patternwatch.cli.table import print_report
from patternwatch.cli.times import parse_duration, parse_time
from patternwatch.contracts.errors import InputError, WindowError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import CURRENT_ROWS
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.time_zone import time_zone as known_time_zone
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.source import SeriesSource
from patternwatch.streams.settings import WorkerSettings


class Period(StrEnum):
    """How much earlier the window lies that is compared with."""

    NONE = "none"
    DAY = "day"
    WEEK = "week"


def command(
    target: Annotated[
        str,
        typer.Argument(
            metavar="BUNDLE_OR_URL", help="A recorded incident, or http://... of Prometheus or Cortex."
        ),
    ],
    at: Annotated[
        str | None,
        typer.Option(help="When it began: 2026-11-23T14:03:00Z, Unix seconds, -10m. A bundle knows its own."),
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="End of the window; by default 60 steps after --at, or now.")
    ] = None,
    step: Annotated[
        str | None,
        typer.Option(
            help="Interval between points; by default the setting's, else the bundle's own, else 30s."
        ),
    ] = None,
    selector: Annotated[str, typer.Option(help="Which series to analyse.")] = EVERYTHING,
    tenant: Annotated[str, typer.Option(help="Tenant at the source (X-Scope-OrgID).")] = "default",
    compare: Annotated[
        Period | None,
        typer.Option(help="Do not flag what the same window a day or a week earlier shows too."),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            help="For --compare: Europe/Vienna. By default the tenant's setting, else this machine's."
        ),
    ] = None,
    examples: Annotated[
        str | None, typer.Option(help="What was taught: a file of `teach`, or the API's http://... address.")
    ] = None,
    token: ApiToken = "",
    top: Annotated[int, typer.Option(help="How many series the table shows.", min=1)] = 20,
    form: FormatOption = Format.TABLE,
) -> None:
    """Find and name the abnormal series around a moment, and rank what caused them.

    PATTERNWATCH_ANALYSIS__*, PATTERNWATCH_MODEL and PATTERNWATCH_SOURCE__* count as they do for a worker;
    an option given here wins over them.
    """
    settings = read_settings(WorkerSettings)
    taught = store_at(examples, token).of(tenant) if examples is not None else []
    asked = Asked(at, end, step, selector, tenant, compare, time_zone)
    report = asyncio.run(_run(target, asked, settings, taught))
    if form is Format.JSON:
        typer.echo(report.model_dump_json(indent=2).encode())
    else:
        print_report(Console(), report, top)


@dataclass(frozen=True, slots=True)
class Asked:
    """The options that say what to look at, as they were typed; None where the default counts."""

    at: str | None = None
    end: str | None = None
    step: str | None = None
    selector: str = EVERYTHING
    tenant: str = "default"
    compare: Period | None = None
    time_zone: str | None = None


async def _run(
    target: str, asked: Asked, settings: WorkerSettings, examples: Sequence[LabelledExample]
) -> Report:
    is_url = "://" in target
    source = open_source(source_at(target)) if is_url else BundleSource(Path(target))
    now_ms = int(time.time() * 1000)
    try:
        analysis = _with_options(settings.analysis, asked, source)
        at_ms, end_ms = _moment(source, asked, analysis.step_ms, now_ms)
        request = request_for_selector(
            tenant=asked.tenant,
            selector=asked.selector,
            at_ms=at_ms,
            end_ms=end_ms,
            title=target,
            settings=analysis,
            now_ms=now_ms,
            request_id="analyze",
        ).model_copy(update={"time_zone": _time_zone(asked, settings)})
        return await analyze(source, request, analysis, examples, settings.model)
    finally:
        await source.close()


def _with_options(settings: AnalysisSettings, asked: Asked, source: SeriesSource) -> AnalysisSettings:
    """The settings with the step and the comparison that were asked for.

    A recording is read at its own step unless an option or a setting names another one.
    """
    changes: dict[str, object] = {}
    if asked.compare is not None:
        changes["compare"] = asked.compare.value
    if asked.step is not None:
        changes["step_ms"] = parse_duration(asked.step)
    elif isinstance(source, BundleSource) and "step_ms" not in settings.model_fields_set:
        changes["step_ms"] = source.incident.step_ms
    return settings.model_copy(update=changes)


def _time_zone(asked: Asked, settings: WorkerSettings) -> str:
    """What was asked for, else the tenant's; empty for this machine's."""
    if asked.time_zone is None:
        return next((tenant.time_zone for tenant in settings.tenants if tenant.id == asked.tenant), "")
    try:
        return known_time_zone(asked.time_zone)
    except ValueError as error:
        raise InputError(
            f"--time-zone {asked.time_zone!r} is no time zone that is known here",
            "Write Europe/Vienna or UTC",
        ) from error


def _moment(source: SeriesSource, asked: Asked, step_ms: int, now_ms: int) -> tuple[int, int]:
    """When it began, and the end of the window."""
    recorded = source.incident if isinstance(source, BundleSource) else None
    if asked.at is not None:
        at_ms = parse_time(asked.at, now_ms)
    elif recorded is not None:
        at_ms = recorded.at_ms
    else:
        raise WindowError(
            "--at is missing", "Say when it began, for example --at -10m or --at 2026-11-23T14:03:00Z"
        )
    latest = recorded.end_ms if recorded else now_ms
    end_ms = parse_time(asked.end, now_ms) if asked.end is not None else at_ms + (CURRENT_ROWS - 1) * step_ms
    return at_ms, min(end_ms, latest) if at_ms <= latest else end_ms
