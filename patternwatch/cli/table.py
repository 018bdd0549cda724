"""A report in a terminal."""

import math
from collections.abc import Mapping

import numpy as np
from rich import box
from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from patternwatch.analysis.metrics.values_in_words import value_in_words
from patternwatch.cli.times import clock
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.patterns import PatternType
from patternwatch.contracts.report import Report

_BARS = " ▁▂▃▄▅▆▇█"
_SPARK_WIDTH = 24
_ROOMY = 120
"""Columns from which on a terminal has room for every figure."""
_SCORE_WIDTH = 12
_METRICS_NAMED = 5
_STYLE = {PatternType.STILL_ABNORMAL: "bold red", PatternType.RECOVERED: "yellow", PatternType.NONE: "dim"}


def print_report(console: Console, report: Report, top: int = 20) -> None:
    """Print the verdict, the ranked entities and the `top` series of a report."""
    console.print(_headline(report))
    if report.entities:
        console.print(_entities(report.entities[:5]))
    if report.findings:
        console.print(_findings(report.findings[:top], console.width))
    hidden = len(report.findings) - min(top, len(report.findings)) + report.omitted
    if hidden:
        console.print(f"[dim]and {hidden} more abnormal series[/]")


def _headline(report: Report) -> Panel:
    counts = report.counts
    facts = [
        (
            f"window {clock(report.window.start_ms)} UTC to {clock(report.window.end_ms)} UTC, "
            f"step {report.window.step_ms / 1000:g} s"
        ),
        (
            f"{counts.selected} series selected, {counts.analysed} analysed, {counts.flagged} abnormal: "
            f"about {counts.by_chance} are in quiet times, {counts.significant} moved farther than by chance"
        ),
    ]
    if report.onset_ms is not None:
        facts.insert(0, f"first changes {clock(report.onset_ms)} UTC")
    if counts.appeared or counts.vanished:
        facts.append(f"{counts.appeared} series appeared, {counts.vanished} vanished inside the window")
    if report.compare != "none":
        facts.append(
            f"{counts.compared} series compared with the {report.compare} before, "
            f"{counts.suppressed_by_season} moved alike then"
        )
    facts += [f"note: {note}" for note in report.notes]
    facts += _not_judged(report)
    if report.reason:
        facts.append(f"{report.status}: {report.reason}")
    border = {"complete": "green", "partial": "yellow", "failed": "red"}[report.status]
    told = "\n".join(f"{name}: {text}" for name, text in verdict_lines(report))
    body = Group(
        Text(report.verdict, style="bold"),
        *([Text(told)] if told else []),
        Text("\n".join(facts), style="dim"),
    )
    return Panel(body, title=f"patternwatch: {report.title}", border_style=border, title_align="left")


def verdict_lines(report: Report) -> list[tuple[str, str]]:
    """The parts of the verdict, each with its name; those that say nothing are left out."""
    fields = report.verdict_fields
    named = (
        ("began", fields.began),
        ("broke", fields.broke),
        ("follows", fields.follows),
        ("hit", fields.hit),
        ("now", fields.now),
        ("stopped", fields.stopped),
        ("how sure", fields.how_sure),
        *(("against it", parts) for parts in fields.against),
    )
    return [(name, "".join(part.text for part in parts)) for name, parts in named if parts]


def _not_judged(report: Report) -> list[str]:
    """One line for each kind of series that the report says nothing about, with the reason."""
    counts = report.counts
    lines = []
    if counts.skipped:
        reasons = ", ".join(f"{number} {why}" for why, number in sorted(counts.skipped.items()))
        lines.append(f"not judged: {sum(counts.skipped.values())} of {counts.selected} series: {reasons}")
    lines += [f"not judged, {left.reason}: {_metrics(left.metrics)}" for left in report.not_judged]
    for part in report.missing:
        size = f" (about {part.series})" if part.series else ""
        lines.append(f"not read: part {part.number + 1} of the series{size}: {part.reason}")
    if report.omitted:
        lines.append(f"not shown: {report.omitted} abnormal series, the lowest ranks")
    return lines


def _metrics(metrics: Mapping[str, int]) -> str:
    """The metrics with the most series, by name."""
    named = [(metric, number) for metric, number in metrics.items() if metric][:_METRICS_NAMED]
    rest = sum(metrics.values()) - sum(number for _, number in named)
    shown = [*named, ("others", rest)] if rest else named
    return ", ".join(f"{metric} ({number})" for metric, number in shown)


def _entities(entities: list[EntityRank]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    for title in ("", "likely cause", "score", "", "series"):
        table.add_column(title, justify="right" if title in ("", "series") else "left")
    best = max(e.score for e in entities) or 1.0
    for e in entities:
        name = Text.assemble(e.entity, (f"\n{e.follows}" if e.follows else "", "dim"))
        table.add_row(str(e.rank), name, _bar(e.score / best), f"{e.score:.2f}", str(e.series))
    return table


def _findings(findings: list[Finding], width: int) -> Table:
    roomy = width >= _ROOMY
    spark = min(_SPARK_WIDTH, width // 8)
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", justify="right", no_wrap=True)
    table.add_column("series", overflow="fold", ratio=1)
    table.add_column("last points", min_width=spark, no_wrap=True)
    table.add_column("shape", no_wrap=roomy)
    table.add_column("since, UTC", min_width=8, no_wrap=True)
    if roomy:
        table.add_column("from", justify="right", no_wrap=True)
        table.add_column("to", justify="right", no_wrap=True)
    table.add_column("score", justify="right", min_width=5, no_wrap=True)
    for f in findings:
        name = Text.assemble((f.entity + " ", "bold"), f.name, (_distinguishing(f), "dim"))
        points = Text(sparkline(f.points[-120:], spark), style="cyan")
        since = clock(f.onset_ms) if f.onset_ms is not None else ""
        values = [value_in_words(value, f.unit) for value in (f.baseline, f.peak)] if roomy else []
        shape = Text(_shape(f), style=_STYLE[f.pattern_type])
        table.add_row(str(f.rank), name, points, shape, since, *values, f"{f.score:.2f}")
    return table


def _shape(finding: Finding) -> str:
    """Its name, the taught one first, and how sure that is; `ended` or `began` where that is the news."""
    if finding.is_life:
        return finding.event
    if finding.taught and finding.taught.name != finding.pattern:
        return f"{finding.taught.name} {_sure(finding.taught.probability)} ({finding.pattern.label})"
    return f"{finding.pattern.label} {_sure(finding.pattern_probability)}"


def _sure(probability: float) -> str:
    """Never 0 or 100 %, which no count of examples shows."""
    return f"{min(max(probability, 0.01), 0.99):.0%}"


def _distinguishing(finding: Finding) -> str:
    names = finding.shown_labels
    names = tuple(sorted(finding.labels.keys() - {"__name__"})) if names is None else names
    shown = ", ".join(f"{name}={finding.labels[name]}" for name in names)
    return f" {{{shown}}}" if shown else ""


def sparkline(points: Floats32, width: int) -> str:
    """The values as a row of block characters, `width` wide; a gap is a blank."""
    cells = [c[~np.isnan(c)] for c in np.array_split(points.astype(np.float64), width)]
    means = np.array([c.mean() if len(c) else np.nan for c in cells])
    if np.isnan(means).all():
        return " " * width
    low, high = np.nanmin(means), np.nanmax(means)
    scaled = (means - low) / (high - low) if high > low else means * 0
    return "".join(" " if math.isnan(v) else _BARS[1 + round(v * (len(_BARS) - 2))] for v in scaled)


def _bar(share: float) -> Text:
    filled = round(max(0.0, min(1.0, share)) * _SCORE_WIDTH)
    return Text.assemble(("█" * filled, "red"), ("░" * (_SCORE_WIDTH - filled), "dim"))
