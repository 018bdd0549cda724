"""More requests, of which as few fail as ever, are no trouble; a larger share that fails is."""

import numpy as np
import pytest

from patternwatch.analysis.verdict.same_share import fail_as_before, went_elsewhere
from patternwatch.analysis.verdict.symptoms import is_felt
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Vector
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, batch, made_up, report_of
from tests.analysis.lifecycle.worlds import ROW, pod

FOUND = report_of(made_up()).findings[0]
RNG = np.random.default_rng(5)
SINCE = np.arange(ROWS) >= ROW


def counted(mean: Vector, category: str, **labels: str) -> Finding:
    """Requests counted one by one, `mean` a row."""
    points = RNG.poisson(mean).astype(np.float32)
    said = {"entity": "cart", "category": category, "derivation": "rate", "score": 4.5, "points": points}
    said |= {"baseline": float(np.median(points[:ROW])), "event": ""}
    rises = mean[-1] >= mean[0]
    said["peak"] = float(points[ROW:].max() if rises else points[ROW:].min())
    return FOUND.model_copy(update={**said, "labels": {"__name__": "requests_total", **labels}})


def requests(before: float, after: float, **labels: str) -> Finding:
    return counted(np.where(SINCE, after, before), "traffic", code="200", **labels)


@pytest.mark.parametrize(
    ("before", "after", "share_before", "share_after", "as_before"),
    [
        (40.0, 320.0, 0.004, 0.004, True),  # a load test
        (40.0, 320.0, 0.004, 0.05, False),  # that is too much for it
        (40.0, 44.0, 0.0, 0.2, False),  # a fault
        (0.0, 90.0, 0.0, 0.003, True),  # green takes over
        (0.0, 90.0, 0.0, 0.1, False),  # and fails
        (90.0, 9.0, 0.003, 0.2, False),  # fewer requests explain nothing
    ],
)
def test_failures_are_of_more_requests_where_their_share_is_as_it_was(
    before: float, after: float, share_before: float, share_after: float, as_before: bool
) -> None:
    fine = requests(before, after, pod="cart-0")
    mean = np.where(SINCE, after * share_after, before * share_before)
    failed = counted(mean, "error", code="500", pod="cart-0")
    assert fail_as_before(failed, fine) is as_before
    assert is_felt([fine, failed]) is not as_before
    assert not fail_as_before(failed, requests(before, after, pod="cart-1"))


@pytest.mark.parametrize(("elsewhere", "went"), [(31.0, True), (12.0, False)])
def test_requests_that_go_to_another_handler_are_not_fewer(elsewhere: float, went: bool) -> None:
    fewer, more = requests(40.0, 10.0, route="/v1"), requests(1.0, elsewhere, route="/v2")
    assert went_elsewhere(fewer, [fewer, more]) is went
    assert is_felt([fewer, more]) is not went


def load_test(share: float) -> Report:
    """All services get eight times the requests; so much of them fails since then."""
    labels, values, derivation = [], [], []
    load = np.where(SINCE, 8.0, 1.0)
    for name in "abcdef":
        own = pod(f"svc-{name}", 0)
        for code, part in (("200", np.ones(ROWS)), ("500", np.where(SINCE, share, 0.002))):
            labels.append({"__name__": "http_requests_total", "code": code, **own})
            values.append(RNG.poisson(60.0 * load * part).astype(float))
            derivation.append("rate")
        labels.append({"__name__": "process_cpu_usage", **own})
        values.append(0.05 * load * (1 + 0.03 * RNG.normal(size=ROWS)))
        derivation.append("")
    return report_of(batch(labels, np.array(values), derivation))


def test_a_load_test_that_is_borne_names_nobody() -> None:
    assert max(one.score for one in load_test(0.002).entities) < CLEAR_SCORE
    assert load_test(0.2).entities[0].score > CLEAR_SCORE
