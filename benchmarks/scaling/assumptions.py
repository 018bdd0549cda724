"""What is assumed of an installation, each with its reason: change these where yours is another."""

from dataclasses import dataclass, fields
from typing import Any

from patternwatch.analysis.report.looks import LOOK_ROWS


@dataclass(frozen=True)
class Assumptions:
    """One field a line of docs/scaling.md."""

    series: int = 10_000
    """Series of a cluster, all of which an analysis reads."""
    clusters_of_tenant: int = 10
    """Clusters whose alerts come from one tenant."""
    incidents_per_hour: float = 1.0
    """Troubles of a cluster in the busy hour: alerts of one trouble join one analysis."""
    looks: int = 1 + len(LOOK_ROWS)
    """Looks at the report of each: the first, and those as samples arrive."""
    storm_share: float = 0.1
    """Part of the clusters that a cause in common (a network, a release) brings down together."""
    storm_s: float = 60.0
    """Seconds over which their alerts come: rules are evaluated and grouped for up to a minute."""
    target_s: float = 10.0
    """95 of 100 first reports of that storm are out within so many seconds."""
    watch_s: float = 300.0
    """Pause between two looks at a watched cluster, where clusters are watched."""
    source_busy: float = 0.6
    """Part of a querier's core that is to be busy in the storm at most: it has others to serve."""
    cortex_over_prometheus: float = 4.0
    """CPU of Cortex for a series over that of Prometheus: it answers with samples, Prometheus with chunks."""
    core_month: float = 30.0
    """Price of a core with 4 GB for a month, in whatever money."""

    def rows(self) -> list[dict[str, Any]]:
        """Name and value of each."""
        return [{"assumption": f.name, "value": getattr(self, f.name)} for f in fields(self)]
