"""`patternwatch record`: a window of every series from Prometheus or Cortex into an incident bundle."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from patternwatch.cli.sources import source_at
from patternwatch.cli.times import parse_duration, parse_time
from patternwatch.contracts.errors import InputError, WindowError
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.skipped import totals
from patternwatch.cortex.bundle import Incident, Truth, write_bundle
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.raw import RawSeries

_TIMEOUT_S = 120.0
"""A recording may be of hours."""


def command(
    url: Annotated[str, typer.Argument(help="http://... of Prometheus or Cortex.")],
    out: Annotated[Path, typer.Argument(help="The bundle to write (.parquet).")],
    start: Annotated[str, typer.Option(help="First instant, like 2026-11-23T14:03:00Z or -30m.")],
    end: Annotated[str, typer.Option(help="Last instant.")] = "now",
    at: Annotated[str | None, typer.Option(help="When the trouble began; by default the end.")] = None,
    step: Annotated[str, typer.Option(help="The scrape interval.")] = "30s",
    selector: Annotated[str, typer.Option(help="Which series to record.")] = '{__name__=~".+"}',
    tenant: Annotated[str, typer.Option(help="Tenant at the source (X-Scope-OrgID).")] = "default",
    name: Annotated[str | None, typer.Option(help="Name of the incident; by default the file's.")] = None,
    about: Annotated[
        Path | None,
        typer.Option(help="JSON with more of what is known: truth {services, series}, fault_type, licence."),
    ] = None,
) -> None:
    """Record every raw sample of a window, for `analyze`, `demo --incident` and benchmarks."""
    now_ms = int(time.time() * 1000)
    start_ms, end_ms = parse_time(start, now_ms), parse_time(end, now_ms)
    at_ms = parse_time(at, now_ms) if at is not None else end_ms
    if not start_ms < end_ms <= now_ms or not start_ms <= at_ms <= end_ms:
        raise WindowError(
            f"Cannot record from {start} to {end} with the trouble at {at or end}",
            "Give start < end, neither in the future, and --at between them",
        )
    known = _known(about)
    incident = Incident.model_validate(
        {
            "name": name or out.stem,
            "source": url,
            **known,
            "step_ms": parse_duration(step),
            "start_ms": start_ms,
            "end_ms": end_ms,
            "at_ms": at_ms,
            "truth": Truth.model_validate(known.get("truth") or {}),
        }
    )
    series = asyncio.run(_samples(url, tenant, selector, start_ms, end_ms, incident.step_ms))
    if not len(series):
        raise InputError(
            f"{url} has no series for {selector} in this window", "Check the selector and the times"
        )
    write_bundle(out, incident, series)
    for why, left_out in totals(series.skipped).items():
        Console(stderr=True).print(f"{left_out} series were left out: {why}")
    Console().print(
        f"{out}: {len(series)} series, {len(series.values)} samples, {out.stat().st_size / 1e6:.2f} MB"
    )


def _known(about: Path | None) -> dict[str, object]:
    if about is None:
        return {}
    try:
        known = orjson.loads(about.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise InputError(
            f"{about} is no readable JSON file ({error})", "Correct it, or leave --about out"
        ) from error
    if not isinstance(known, dict):
        raise InputError(f"{about} holds no JSON object", "Write {...} with truth, fault_type, licence")
    return known


async def _samples(
    url: str, tenant: str, selector: str, start_ms: int, end_ms: int, step_ms: int
) -> RawSeries:
    source = PrometheusSource(source_at(url).model_copy(update={"timeout_s": _TIMEOUT_S}))
    try:
        return await source.samples(tenant, parse_selector(selector), start_ms, end_ms, step_ms)
    finally:
        await source.close()
