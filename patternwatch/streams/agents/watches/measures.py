"""What metrics and log are told of a tick that was looked at."""

import structlog

from patternwatch.streams.agents.watches.kept_watches import KeptWatch, KeptWatches
from patternwatch.streams.metrics import WorkerMetrics
from patternwatch.watch.episodes.observation import Observation

log = structlog.get_logger()


def measure(
    metrics: WorkerMetrics, watches: KeptWatches, kept: KeptWatch, observation: Observation, seconds: float
) -> None:
    """Tell of a tick of one of these watches, which took so many seconds."""
    watch = kept.cluster.watch
    metrics.tick_seconds.observe(seconds)
    metrics.watch_observed.labels(watch.tenant, watch.name).set(kept.cluster.observed_ms / 1000)
    metrics.watched_series.set(sum(other.cluster.series for other in watches))
    metrics.open_episodes.set(sum(len(other.episodes) for other in watches))
    metrics.suspects.inc(observation.suspects)
    log.debug(
        "tick.observed",
        tenant=watch.tenant,
        watch=watch.name,
        series=kept.cluster.series,
        suspects=observation.suspects,
        bar=observation.bar,
        said=observation.said,
        ms=round(seconds * 1000),
    )
