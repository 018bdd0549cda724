"""What ended or began for several workloads at once, in words."""

from patternwatch.analysis.lifecycle.shared_ends import Shared
from patternwatch.analysis.lifecycle.words import names_of, when
from patternwatch.analysis.samples.usable_series import LATE_ROWS
from patternwatch.contracts.lives import LifeEvent
from patternwatch.contracts.series import Window


def shared_event_of(shared: Shared, window: Window) -> LifeEvent:
    """What happened to several workloads at once.

    >>> window = Window(start_ms=0, split_ms=3_000, end_ms=99_000, step_ms=1000)
    >>> shared_event_of(Shared("scrape_gap", "north", 3, 3, [], []), window).text[:60]
    'all 0 series of 0 workloads of north stopped together at 00:'
    """
    at_ms, until_ms = (window.start_ms + row * window.step_ms for row in (shared.row, shared.last))
    series, workloads = sum(r.series for r in shared.replicas), len(shared.groups)
    time = when(at_ms, until_ms)
    if shared.kind == "data_begins":
        text = f"the samples of {series:,} series of {workloads} workloads begin {time}"
    elif shared.kind == "node_lost":
        pods = f"all of its {len(shared.replicas)} pods, of {workloads} workloads"
        text = f"node {shared.name} was lost: {pods}, ended {time}"
        if any(r.gone is None for r in shared.replicas):  # Kubernetes takes minutes to give it up
            text = f"node {shared.name} was lost: what is asked there, and in {pods}, fell silent {time}"
    else:
        of = f" of {shared.name}" if shared.name else ""
        what = f"all {series:,} series of {workloads} workloads{of}{_which(shared)}"
        text = (
            f"{what} stopped together {time}: what scrapes them or what they run on, rather than each of them"
        )
        if window.rows - shared.row <= LATE_ROWS:
            text = f"{what} have their newest samples {time}: they come late, or what scrapes them stopped"
    return LifeEvent(
        kind=shared.kind,
        entity=shared.name,
        at_ms=at_ms,
        until_ms=until_ms if until_ms > at_ms else None,
        series=series,
        of_series=sum(r.series for g in shared.groups for r in g.replicas),
        replicas=len(shared.replicas),
        of_replicas=sum(len(g.replicas) for g in shared.groups),
        names=names_of([g.entity for g in shared.groups]),
        text=text,
        is_trouble=shared.kind != "data_begins",
    )


def _which(shared: Shared) -> str:
    """The workloads by name, the first few; a scraper's own are many, and its name says which they are."""
    names = [] if shared.name else names_of([g.entity for g in shared.groups])
    more = len(shared.groups) - len(names)
    told = [*names, *([f"{more} more"] if more else [])]
    return f" ({', '.join(told[:-1])} and {told[-1]})" if names and len(told) > 1 else ""
