"""A hurt service is first however many series beside it do what they always do."""

from collections.abc import Callable

import numpy as np
import pytest

from patternwatch.contracts.series import Matrix, SeriesBatch
from tests.analysis.incidents import ROWS, SETTINGS, SPLIT, batch, report_of

Crowd = Callable[[np.random.Generator, int], Matrix]

CROWDS: dict[str, Crowd] = {
    "rare": lambda rng, n: (rng.random((n, ROWS)) < 0.01) / 30,
    "rarest": lambda rng, n: (rng.random((n, ROWS)) < 0.001) / 30,
    "spiky": lambda rng, n: 100 + rng.normal(size=(n, ROWS)) + 20 * (rng.random((n, ROWS)) < 0.01),
    "noisy": lambda rng, n: 100 + rng.normal(size=(n, ROWS)),
}


def crowded(kind: str, crowd: int, seed: int, hurt: bool = True) -> SeriesBatch:
    rng = np.random.default_rng(seed)
    services = 60 * (1 + 0.3 * rng.normal(size=(40, ROWS)))
    if hurt:
        services[:8, SPLIT:] *= 4
    hurt_or_not = ["ledger" if k < 8 else f"shop-{k % 8}" for k in range(40)]
    labels = [
        {"__name__": "request_duration_p95_ms", "service": service, "pod": f"{k}"}
        for k, service in enumerate(hurt_or_not)
    ]
    labels += [
        {"__name__": "job_errors_total", "service": f"batch-{k % 20}", "pod": f"{k}"} for k in range(crowd)
    ]
    values = np.concatenate([np.maximum(services, 0), CROWDS[kind](rng, crowd)])
    return batch(labels, values, [""] * 40 + ["rate" if kind.startswith("rare") else ""] * crowd)


@pytest.mark.parametrize("kind", CROWDS)
@pytest.mark.parametrize("split", [SPLIT, ROWS - 6])
def test_the_cause_is_first(kind: str, split: int) -> None:
    """The report is made of 30 candidates, so that a crowd of 1,200 is what 12,000 are to the usual 300."""
    small = SETTINGS.model_copy(update={"findings": 10})
    series = crowded(kind, 1200, seed=11)
    if split != SPLIT:
        series.values[:8, SPLIT:split] /= 4
    report = report_of(series, split=split, settings=small)
    assert report.entities[0].entity == "ledger", report.verdict
    assert report.counts.flagged >= 5


def test_a_verdict_never_says_that_nothing_moved_where_scans_flagged_series() -> None:
    report = report_of(crowded("rare", 3000, seed=2, hurt=False))
    assert report.counts.flagged > 20
    assert "none of" not in report.verdict
    assert report.findings == [] or report.entities[0].score < 1.0
