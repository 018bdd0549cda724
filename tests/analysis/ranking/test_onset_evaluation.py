from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.ranking.best_onset import evaluate_onsets
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.pools import MIN_FAMILY
from patternwatch.analysis.scoring.scores import log_size, scales_with_floors
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.shard_results import Candidate, ShardResult
from patternwatch.detectors import CHANGE
from patternwatch.detectors.base import Vector
from tests.analysis.evaluations import evaluation as made_evaluation
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


def test_evidence_is_the_best_entitys_score() -> None:
    found = made_evaluation(("a", "b"), [(6.0, (1, 0)), (0.5, (0,))], moved_at=[SPLIT, SPLIT + 21])
    assert found.evidence == 6.0, "what moves late counts less in the score already"
    assert made_evaluation(ranked=()).evidence == 0.0


def test_further_categories_of_an_entity_count_more_for_when_it_began() -> None:
    broad = made_evaluation(("a",) * 3, [(0.0, (0, 1, 2))], size=[2.0] * 3)
    assert broad.evidence == 0.0
    broad = replace(broad, series=replace(broad.series, categories=("cpu", "disk", "latency")))
    assert broad.evidence == pytest.approx(2 * 0.3 + 2 * 0.39)


STEP = np.where(np.arange(ROWS) >= SPLIT, 30.0, 0.0)
REQUEST = request_of(made_up(services=1))


def candidate(
    name: str, service: str, score: float, values: Vector, expected: Vector | None = None, **labels: str
) -> Candidate:
    categories = {"requests": "traffic", "success": "availability", "errors": "error"}
    return Candidate(
        labels={"__name__": name, "service": service, **labels},
        derivation="rate",
        category=categories.get(name, "cpu"),
        screening_score=score,
        values=values.astype(np.float32),
        expected=None if expected is None else expected.astype(np.float32),
    )


def result(number: int, candidates: list[Candidate], scales: dict[str, list[float]]) -> ShardResult:
    return ShardResult(
        shard_id=f"r1-{number}",
        number=number,
        of=2,
        request=REQUEST,
        votes=[0] * ROWS,
        scales={category: np.array(own, np.float32) for category, own in scales.items()},
        candidates=candidates,
    )


def test_the_candidates_of_all_shards_are_evaluated_together() -> None:
    rng = np.random.default_rng(5)
    busy, load, queue = (
        np.float32(100.0 + rng.normal(size=ROWS) + n * STEP).astype(float) for n in (1, 2, 0)
    )
    candidates = [
        candidate("busy", "cart", 2.0, busy, peer="redis"),
        candidate("load", "cart_client", 3.0, load, expected=STEP),
        candidate("queue", "cart", 2.0, queue),
    ]
    results = [
        result(0, candidates[:1], {"cpu": [1.0, 9.0], "disk": [4.0]}),
        result(1, candidates[1:], {"cpu": [8.0, 50.0, 60.0]}).model_copy(
            update={"calls": [("cart", "redis")]}
        ),
    ]
    for order in (results, results[::-1]):
        found = evaluate_onsets(REQUEST.window, order, SETTINGS)
        ids = [series_id(c.labels, "rate") for c in candidates]
        tied = sorted([(ids[0], 0), (ids[2], 2)])
        at = [1, *(i for _, i in tied)]
        assert found.onset == SPLIT
        assert found.series.candidates == [candidates[i] for i in at]
        assert found.series.ids == [ids[i] for i in at]
        assert [e.name for e in found.series.entities] == [candidates[i].labels["service"] for i in at]
        assert {e.label for e in found.series.entities} == {"service"}
        assert list(found.series.categories) == ["cpu"] * 3
        assert found.series.calls.callees == {"cart": ("redis",)}
        assert list(found.series.callers) == ["", "", ""]
        values = np.array([busy, load, queue])[at]
        np.testing.assert_array_equal(found.series.values, values)
        residual = values - np.array([0.0 * STEP, STEP, 0.0 * STEP])[at]
        np.testing.assert_array_equal(found.series.residual, residual)
        moved, without = deviation_stats(values, SPLIT), deviation_stats(residual, SPLIT)
        np.testing.assert_array_equal(found.moved.distance, moved.distance)
        np.testing.assert_array_equal(found.change.score, CHANGE(values, SPLIT).score)
        np.testing.assert_array_equal(found.residual.score, CHANGE(residual, SPLIT).score)
        floors = np.full(3, 9.0)  # the median of 1 8 9 50 60
        scale = scales_with_floors(without, ["cpu"] * 3, floors)
        np.testing.assert_array_equal(found.breakdown.scale, scale)
        np.testing.assert_array_equal(found.breakdown.size, log_size(without, scale))
        assert found.breakdown.normal[at.index(2)] == 0.0
        (first, second) = found.ranked
        assert (first.entity.name, second.entity.name) == ("cart", "cart_client")
        assert second.score == pytest.approx(0.5 * found.scores[0])  # as its callers see it


def test_without_an_earlier_window_the_residual_is_the_values() -> None:
    values = 100.0 + np.random.default_rng(5).normal(size=ROWS) + STEP
    found = evaluate_onsets(
        REQUEST.window, [result(0, [candidate("busy", "cart", 2.0, values)], {})], SETTINGS
    )
    assert found.series.residual is found.series.values
    assert found.residual is found.change
    assert found.breakdown.scale[0] == pytest.approx(0.02 * found.moved.median[0])  # no floor is known


def test_a_share_counts_as_much_as_the_traffic_that_remains() -> None:
    rng = np.random.default_rng(5)
    share = 90.0 + rng.normal(size=ROWS) - STEP
    traffic = np.where(STEP > 0, 5.0, 20.0) + 0.01 * rng.normal(size=ROWS)
    own = [candidate("success", "cart", 3.0, share), candidate("requests", "cart", 2.0, traffic)]
    found = evaluate_onsets(REQUEST.window, [result(0, own, {})], SETTINGS)
    assert found.breakdown.traffic.tolist() == [pytest.approx(0.25, rel=0.01), 1.0]


def test_a_leak_is_judged_from_where_it_begins() -> None:
    rise = 2.0 * np.maximum(np.arange(ROWS) - 120.0, 0.0)
    leak = 100.0 + np.random.default_rng(5).normal(size=ROWS) + rise
    found = evaluate_onsets(
        REQUEST.window, [result(0, [candidate("memory", "cart", 3.0, leak)], {})], SETTINGS
    )
    assert abs(found.onset - 120) <= 3
    assert found.begun[0] < found.moved.onset[0]
    assert found.breakdown.early[0] >= 0.98
    assert found.ranked[0].score >= 4.0


def test_errors_that_a_caller_has_from_its_callee_count_in_part() -> None:
    values = 100.0 + np.random.default_rng(5).normal(size=ROWS) + STEP
    own = [candidate("errors", "web", 3.0, values, peer="db"), candidate("errors", "db", 2.0, values)]
    told = result(0, own, {}).model_copy(update={"calls": [("web", "db")]})
    found = evaluate_onsets(REQUEST.window, [told], SETTINGS)
    assert [r.entity.name for r in found.ranked] == ["db", "web"]
    borne_out = 1 + 0.5 * 0.5  # the callee's, as both tell of it: half, as a second category
    assert found.ranked[1].score == pytest.approx(0.5 * found.ranked[0].score / borne_out)


def test_a_report_is_made_from_the_strongest_candidates_only() -> None:
    values = 100.0 + np.random.default_rng(5).normal(size=ROWS) + STEP
    own = [candidate(f"m{i}", "cart", float(i), values) for i in range(9)]
    settings = SETTINGS.model_copy(update={"findings": 2})
    found = evaluate_onsets(REQUEST.window, [result(0, own[:4], {}), result(1, own[4:], {})], settings)
    assert [c.labels["__name__"] for c in found.series.candidates] == ["m8", "m7", "m6", "m5", "m4", "m3"]


def test_what_is_left_out_of_the_strongest_makes_room_for_nothing_that_a_lone_shard_does_not_send() -> None:
    values = 100.0 + np.random.default_rng(5).normal(size=ROWS) + STEP
    own = [candidate(f"m{i}", "cart", float(i), values) for i in range(9)]
    settings = SETTINGS.model_copy(update={"findings": 2})
    ended = own[8].model_copy(update={"event": "ended"})
    events = replace(EventSeries.none(ROWS), candidates=[ended], presence=np.ones((1, ROWS)))
    events = replace(events, rows=np.array([SPLIT]), weights=np.ones(1), texts=["cart ended"])
    sent = [[result(0, own[3:], {})], [result(0, own[:4], {}), result(1, own[4:], {})]]
    for results in sent:
        found = evaluate_onsets(REQUEST.window, results, settings, events)
        assert [c.labels["__name__"] for c in found.series.candidates] == ["m7", "m6", "m5", "m4", "m3", "m8"]


def test_votes_of_all_shards_add_up_and_the_split_is_kept_where_nothing_tells_against_it() -> None:
    quiet = [result(number, [], {}) for number in (0, 1)]
    votes = [0] * ROWS
    votes[150] = 2000
    voted = [r.model_copy(update={"votes": votes}) for r in quiet]
    for results in (quiet, voted):
        assert evaluate_onsets(REQUEST.window, results, SETTINGS).onset == SPLIT
    values = 100.0 + np.random.default_rng(5).normal(size=ROWS) + 30.0 * (np.arange(ROWS) >= 150)
    own = [candidate("busy", "cart", 2.0, values)]
    late = [voted[0].model_copy(update={"candidates": own}), voted[1]]
    assert evaluate_onsets(REQUEST.window, late, SETTINGS).onset in (149, 150)


def test_a_failing_share_of_hardly_any_traffic_is_not_the_cause() -> None:
    rng = np.random.default_rng(1)
    names = ["availability", "requests", "latency_seconds"]
    labels = [{"__name__": n, "service": s, "cluster": "shop"} for s in ("idle", "busy") for n in names]
    usual = np.array([100.0, 15.0, 0.1, 100.0, 150.0, 0.1])[:, None]
    values = usual * (1.0 + np.array([0, 0.03, 0.03] * 2)[:, None] * rng.normal(size=(6, ROWS)))
    values[0, SPLIT:], values[1, SPLIT:] = 0.0, 0.5  # nothing of hardly anything
    values[3, SPLIT:] = 70.0
    assert evaluation(batch(labels, values)).ranked[0].entity.name == "busy"


@pytest.mark.parametrize(("metric", "counts"), [("ifOperStatus", True), ("links", False)])
def test_a_state_that_changed_counts_whatever_is_usual_for_others(metric: str, counts: bool) -> None:
    """Others of its category are large and noisy: what is usual for them says nothing of a state."""
    rng = np.random.default_rng(0)
    labels = [{"__name__": f"level_{k}", "service": f"calm-{k % 8}"} for k in range(40)]
    values = 1000.0 + 50.0 * rng.normal(size=(40, ROWS))
    state = np.where(np.arange(ROWS) >= SPLIT, 2.0, 1.0)
    series = batch([*labels, {"__name__": metric, "service": "switch"}], np.array([*values, state]))
    found = {r.entity.name: r.score for r in evaluation(series).ranked}
    assert (found["switch"] > 3.5) is counts


@pytest.mark.parametrize(
    ("name", "pool", "members", "usual"),
    [
        ("queue_cpu", "rate(queue_cpu)", MIN_FAMILY, 2.0),
        ("queue_cpu", "rate(queue_cpu)", MIN_FAMILY - 1, 4.0),
        ("errors", "rate(errors)", MIN_FAMILY, 4.0),
        ("errors", "error(/s)", MIN_FAMILY, 2.0),
        ("errors", "error(ratio)", MIN_FAMILY, 4.0),
    ],
    ids=["by its family", "few of its family", "one quantity", "in its unit", "in another unit"],
)
def test_what_is_usual_is_told_by_a_pool_of_some_size(
    name: str, pool: str, members: int, usual: float
) -> None:
    values = 100.0 + 0.01 * np.random.default_rng(5).normal(size=ROWS) + STEP
    one = candidate(name, "cart", 2.0, values)
    sent = result(0, [one], {one.category: [4.0] * 9})
    sent = sent.model_copy(update={"family_scales": {pool: np.full(members, 2.0, np.float32)}})
    found = evaluate_onsets(REQUEST.window, [sent], SETTINGS)
    assert found.breakdown.scale[0] == pytest.approx(max(usual, 2.0), rel=0.01)
