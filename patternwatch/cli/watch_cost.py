"""`patternwatch watches cost`: what a watch would take, before it is made."""

import asyncio
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from patternwatch.analysis.metrics.values_in_words import value_in_words
from patternwatch.cli.output_format import Format, FormatOption, as_json
from patternwatch.cli.serve import read_settings
from patternwatch.cli.times import parse_duration
from patternwatch.contracts.settings import SourceSettings, tenant_named
from patternwatch.contracts.watches import Watch, make_watch
from patternwatch.usable_memory import watch_memory_bytes

if TYPE_CHECKING:
    from patternwatch.contracts.settings import AnalysisSettings
    from patternwatch.streams.agents.watches.cost import WatchCost

MAX_BUSY = 0.5
"""Part of its interval that a tick may take: the rest is for analyses, and for ticks that are slower."""


def command(
    selector: Annotated[str, typer.Argument(help="The series to watch: '{cluster=\"shop\"}'.")],
    every: Annotated[str, typer.Option(help="How often it looks: 30s, 5m.")] = "60s",
    tenant: Annotated[str, typer.Option(help="Whose series.")] = "default",
    form: FormatOption = Format.TABLE,
) -> None:
    """Say what a watch of these series would take: memory, requests, bytes and CPU.

    Reads what one look reads, with the PATTERNWATCH_* settings of a worker, and changes nothing. Exit code 1
    where a worker of these settings, on a machine like this one, could not bear it.
    """
    from patternwatch.streams.settings import WorkerSettings  # noqa: PLC0415

    settings = read_settings(WorkerSettings)
    tenant_named(settings.tenants, tenant)
    watch = make_watch(tenant, "cost", selector, interval_s=parse_duration(every) / 1000)
    cost = asyncio.run(_measured(watch, settings.source, settings.analysis))
    troubles = _troubles(cost, watch.interval_s, watch_memory_bytes(settings.watch_memory_mib))
    if form is Format.JSON:
        said = asdict(cost) | {"interval_s": watch.interval_s, "ok": not troubles, "troubles": troubles}
        typer.echo(as_json(said))
    else:
        console = Console(highlight=False)
        console.print(_table(cost, watch.interval_s))
        for trouble in troubles:
            console.print(f"[bold red]too much:[/] {trouble}")
    raise typer.Exit(1 if troubles else 0)


async def _measured(watch: Watch, settings: SourceSettings, analysis: "AnalysisSettings") -> "WatchCost":
    from patternwatch.cortex.factory import open_source  # noqa: PLC0415
    from patternwatch.streams.agents.watches.cost import watch_cost  # noqa: PLC0415

    source = open_source(settings)
    try:
        return await watch_cost(watch, source, analysis, time.time_ns() // 1_000_000)
    finally:
        await source.close()


def _troubles(cost: "WatchCost", interval_s: float, memory_bytes: int) -> list[str]:
    found = []
    if cost.memory_bytes > memory_bytes:
        found.append(
            f"{_bytes(cost.memory_bytes)} of memory, and watches may have {_bytes(memory_bytes)}: narrow the "
            "selector, make several watches for several workers, or raise PATTERNWATCH_WATCH_MEMORY_MIB"
        )
    if cost.tick_cpu_s > MAX_BUSY * interval_s:
        found.append(
            f"{cost.tick_cpu_s:.2g} s of CPU every {interval_s:g} s: look less often, or narrow the selector"
        )
    return found


def _table(cost: "WatchCost", interval_s: float) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    derived = (
        f", {cost.series:,} to judge with what is derived of them" if cost.series != cost.selected else ""
    )
    core = 100 * cost.tick_cpu_s / interval_s
    requests = "request" if cost.tick_requests == 1 else "requests"
    for name, said in (
        ("series", f"{cost.selected:,}{derived}"),
        ("memory", f"{_bytes(cost.memory_bytes)} on the worker that has it"),
        ("each look", f"{cost.tick_requests:,} {requests} to the source, {_bytes(cost.tick_bytes)} back"),
        ("CPU", f"{1000 * cost.tick_cpu_s:,.0f} ms every {interval_s:g} s, {core:.2g} % of a core"),
        ("to begin", f"{cost.begin_requests:,} requests for its history, about {_bytes(cost.begin_bytes)}"),
    ):
        table.add_row(f"[bold]{name}[/]", said)
    return table


def _bytes(count: float) -> str:
    return value_in_words(count, "bytes")
