import numpy as np
import pytest

from patternwatch.analysis.onset_evaluation import OnsetEvaluation, evaluate_onsets
from patternwatch.contracts.series import SeriesBatch
from tests.analysis.incidents import ROWS, SETTINGS, SPLIT, batch, made_up, request_of, results_of


def evaluation(series: SeriesBatch, number: int = 1) -> OnsetEvaluation:
    request = request_of(series)
    return evaluate_onsets(request.window, results_of(request, series, number), SETTINGS)


@pytest.mark.parametrize("late", [0, 1, 2, 10, 50])
def test_a_late_alert_is_moved_back_to_the_fault(late: int) -> None:
    assert abs(evaluation(made_up(fault_row=SPLIT - late, services=20)).onset - (SPLIT - late)) <= 1


def test_a_quiet_window_keeps_its_split_mostly() -> None:
    found = [evaluation(made_up(quiet=True, seed=seed)).onset for seed in range(10)]
    assert sum(row == SPLIT for row in found) >= 7


def test_a_fault_after_the_split_keeps_it() -> None:
    assert evaluation(made_up(fault_row=SPLIT + 20)).onset == SPLIT


def test_a_fault_that_is_over_before_a_late_alert_is_found() -> None:
    series = made_up(services=20, quiet=True)
    broken = [i for i, own in enumerate(series.labels) if own["service"] == "service-3"]
    series.values[broken, SPLIT - 60 : SPLIT - 30] += 40.0
    found = evaluation(series)
    assert abs(found.onset - (SPLIT - 60)) <= 1
    assert found.ranked[0].entity.name == "service-3"


def test_what_moves_long_after_a_row_is_weak_evidence_for_it() -> None:
    early, late = (evaluation(made_up(fault_row=SPLIT + after, services=6)) for after in (0, 40))
    assert early.evidence > 2.0 * late.evidence


def test_a_failing_share_of_hardly_any_traffic_is_not_the_cause() -> None:
    rng = np.random.default_rng(1)
    names = ["availability", "requests", "latency_seconds"]
    labels = [{"__name__": n, "service": s, "cluster": "shop"} for s in ("idle", "busy") for n in names]
    usual = np.array([100.0, 15.0, 0.1, 100.0, 150.0, 0.1])[:, None]
    values = usual * (1.0 + np.array([0, 0.03, 0.03] * 2)[:, None] * rng.normal(size=(6, ROWS)))
    values[0, SPLIT:], values[1, SPLIT:] = 0.0, 0.5  # nothing of hardly anything
    values[3, SPLIT:] = 70.0
    assert evaluation(batch(labels, values)).ranked[0].entity.name == "busy"
