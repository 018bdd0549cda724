"""`patternwatch analyze`: the whole analysis in one process, without a broker."""

import asyncio
import sys
import time
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from patternwatch.analysis.requests import request_for_selector
from patternwatch.cli.label_stores import store_at
from patternwatch.cli.sources import source_at
from patternwatch.cli.table import print_report
from patternwatch.cli.times import parse_duration, parse_time
from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.messages import AnalysisRequest
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import CURRENT_ROWS
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.source import SeriesSource


class Period(StrEnum):
    """How much earlier the window lies that is compared with."""

    NONE = "none"
    DAY = "day"
    WEEK = "week"


class Format(StrEnum):
    """How the report is printed."""

    TABLE = "table"
    JSON = "json"


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
        str | None, typer.Option(help="Distance of points; by default 30s, or the bundle's own.")
    ] = None,
    selector: Annotated[str, typer.Option(help="Which series to look at.")] = '{__name__=~".+"}',
    tenant: Annotated[str, typer.Option(help="Tenant at the source (X-Scope-OrgID).")] = "default",
    compare: Annotated[
        Period, typer.Option(help="Do not flag what the same window a day or a week earlier shows too.")
    ] = Period.NONE,
    examples: Annotated[
        str | None, typer.Option(help="What was taught: a file of `teach`, or the API's http://... address.")
    ] = None,
    top: Annotated[int, typer.Option(help="How many series the table shows.", min=1)] = 20,
    format: Annotated[Format, typer.Option(help="table for people, json for programs.")] = Format.TABLE,  # noqa: A002
) -> None:
    """Find and name the abnormal series around a moment, and rank what caused them."""
    taught = store_at(examples).of(tenant) if examples is not None else []
    report = asyncio.run(_run(target, at, end, step, selector, tenant, compare, taught))
    if format is Format.JSON:
        sys.stdout.write(report.model_dump_json(indent=2) + "\n")
    else:
        print_report(Console(), report, top)


async def _run(
    target: str,
    at: str | None,
    end: str | None,
    step: str | None,
    selector: str,
    tenant: str,
    compare: Period,
    examples: Sequence[LabelledExample],
) -> Report:
    is_url = "://" in target
    source = open_source(source_at(target)) if is_url else BundleSource(Path(target))
    now_ms = int(time.time() * 1000)
    try:
        settings, at_ms, end_ms = _moment(source, at, end, step, now_ms)
        settings = settings.model_copy(update={"compare": compare.value})
        request = request_for_selector(
            tenant=tenant,
            selector=selector,
            at_ms=at_ms,
            end_ms=end_ms,
            title=target,
            settings=settings,
            now_ms=now_ms,
            request_id="analyze",
        )
        return await analyze(source, request, settings, examples)
    finally:
        await source.close()


def _moment(
    source: SeriesSource, at: str | None, end: str | None, step: str | None, now_ms: int
) -> tuple[AnalysisSettings, int, int]:
    """The settings with the step, when it began, and the end of the window."""
    recorded = source.incident if isinstance(source, BundleSource) else None
    if at is None and recorded is None:
        raise WindowError(
            "--at is missing", "Say when it began, for example --at -10m or --at 2026-11-23T14:03:00Z"
        )
    settings = AnalysisSettings()
    if step is not None or recorded is not None:
        step_ms = parse_duration(step) if step is not None else recorded.step_ms if recorded else 0
        settings = settings.model_copy(update={"step_ms": step_ms})
    at_ms = parse_time(at, now_ms) if at is not None else recorded.at_ms if recorded else now_ms
    latest = recorded.end_ms if recorded else now_ms
    end_ms = parse_time(end, now_ms) if end is not None else at_ms + (CURRENT_ROWS - 1) * settings.step_ms
    return settings, at_ms, min(end_ms, latest) if at_ms <= latest else end_ms


async def analyze(
    source: SeriesSource,
    request: AnalysisRequest,
    settings: AnalysisSettings,
    examples: Sequence[LabelledExample] = (),
) -> Report:
    """What planner, analysts and collector do, one after the other, on the same road."""
    # Compiled kernels and the network take seconds to import: not for the other commands.
    from patternwatch.analysis.conclude import conclude  # noqa: PLC0415
    from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier  # noqa: PLC0415
    from patternwatch.classifier.model import ShapeModel  # noqa: PLC0415
    from patternwatch.streams.agents.analyst import fetch_and_scan  # noqa: PLC0415
    from patternwatch.streams.agents.planner import plan  # noqa: PLC0415

    classifier = FewShotClassifier(EmbeddingSpace(ShapeModel.load()), examples)
    shards = await plan(source, request, settings)
    results = [await fetch_and_scan(source, shard, settings) for shard in shards]
    return conclude(request, results, classifier, settings)
