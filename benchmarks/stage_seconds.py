"""How long workers have been at each stage, read from their own /metrics."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

FAMILY = "patternwatch_stage_seconds"


def stage_seconds(workers: Iterable[str]) -> Mapping[str, float]:
    """Seconds spent at `plan`, `fetch`, `scan` and `conclude` since the start, of all workers.

    workers  addresses of their /metrics
    """
    found: dict[str, float] = defaultdict(float)
    for url in workers:
        for family in text_string_to_metric_families(httpx.get(url, timeout=10).text):
            if family.name == FAMILY:
                for sample in family.samples:
                    if sample.name.endswith("_sum"):
                        found[sample.labels["stage"]] += sample.value
    return found
