"""One replica of many that fails most requests opens; failures of all, of a moment or of a role do not so."""

import numpy as np
import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.cluster import ClusterWatch
from tests.watch.small_cluster import START_ROW, STEP_MS, Values

PODS, RATE = 20, 3.0
NAMES = [f"shop-5d4f8c7b9-x2x{letter}k" for letter in "bcdfghjklmnpqrstvwxz"]
CODES = "200", "503"
OTHERS = [{"__name__": "http_requests_total", "service": f"svc{n}", "code": "200"} for n in range(4)]
LABELS = [
    *({"__name__": "http_requests_total", "pod": pod, "code": code} for pod in NAMES for code in CODES),
    *OTHERS,
]
LEARNED, ROWS, BEGIN = 2880, 60, 20


def rows(number: int, seed: int, failing: dict[int, float]) -> Values:
    """Requests a second; these pods fail such a part of theirs."""
    rng, step_s = np.random.default_rng(seed), STEP_MS / 1000
    share = np.full((PODS, number), 0.002)
    for pod, part in failing.items():
        share[pod] = part
    asked = rng.poisson(RATE * step_s, (PODS, number))
    failed = rng.binomial(asked, share)
    both = np.stack([asked - failed, failed], axis=1).reshape(2 * PODS, number)
    return np.vstack([both, rng.poisson(20 * step_s, (len(OTHERS), number))]) / step_s


@pytest.mark.parametrize(
    ("before", "after", "lasts", "opens"),
    [
        ({}, {7: 0.8}, ROWS, True),
        ({}, {7: 0.8}, 4, False),
        ({}, {7: 0.1}, ROWS, False),
        ({7: 0.8}, {7: 0.8}, ROWS, False),
        ({3: 0.8}, {7: 0.8}, ROWS, False),
    ],
    ids=["one fails", "for two minutes", "a tenth of its own", "as ever", "a role moves"],
)
def test_one_of_twenty_replicas(
    before: dict[int, float], after: dict[int, float], lasts: int, *, opens: bool
) -> None:
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)

    def batch(values: Values, first: int) -> SeriesBatch:
        times = STEP_MS * (START_ROW + first + np.arange(values.shape[1], dtype=np.int64))
        return SeriesBatch(LABELS, times, values, ["rate"] * len(LABELS))

    watch.learn(batch(rows(LEARNED, 1, before), -LEARNED))
    judged, well = rows(ROWS, 2, after), rows(ROWS, 3, before)
    judged[:, :BEGIN], judged[:, BEGIN + lasts :] = well[:, :BEGIN], well[:, BEGIN + lasts :]
    ticks = (batch(judged[:, at : at + 2], at) for at in range(0, ROWS, 2))
    seen = enumerate(watch.observe(one, 0).opening for one in ticks)
    found = [(k, opening.why) for k, opening in seen if opening]
    assert bool(found) is opens
    if opens:
        [(tick, why)] = found
        assert BEGIN // 2 + 2 <= tick <= BEGIN // 2 + 8
        assert f"{NAMES[7]} fails most of its requests" in why
