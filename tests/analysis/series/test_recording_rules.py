"""What recording rules made of other series is shown as the same thing, and is never the cause."""

import numpy as np
import pytest

from patternwatch.analysis.entities.entities import Entity, rank_entities
from patternwatch.analysis.series.recording_rules import Recorded, is_recorded, recorded_among
from patternwatch.contracts.series import Matrix, Vector
from tests.analysis.incidents import batch, made_up, report_of

ROWS = 300


def averaged(values: Vector, width: int) -> Vector:
    return np.array([values[max(0, i - width + 1) : i + 1].mean() for i in range(len(values))])


def noise(seed: int, step: float = 30.0) -> Vector:
    rng = np.random.default_rng(seed)
    return np.asarray(10 + rng.normal(size=ROWS) + step * (np.arange(ROWS) >= 240))


def originals(names: list[str], values: Matrix) -> dict[int, int]:
    return dict(recorded_among([{"__name__": name} for name in names], values).originals)


@pytest.mark.parametrize("width", [1, 2, 5, 10, 20])
@pytest.mark.parametrize("factor", [1.0, -0.01, 1e6])
def test_an_average_over_minutes_repeats_what_it_was_made_of(width: int, factor: float) -> None:
    raw, other = noise(1), np.random.default_rng(2).normal(size=ROWS)
    rows = np.array([other, raw, 1e9 + factor * averaged(raw, width)])
    assert originals(["other", "errors_total", "job:errors:rate5m"], rows) == {2: 1}


@pytest.mark.parametrize(
    ("name", "recorded"),
    [
        ("vllm:num_requests_waiting", False),
        ("job:errors", True),
        ("instance_path:errors", True),
        (":node_memory_available_bytes:sum", True),
        ("slo:errors:rate5m", True),
    ],
)
def test_a_program_may_use_colons_in_names_of_its_own(name: str, recorded: bool) -> None:
    labels = {"__name__": name, "job": "llm", "instance": "10.0.3.4:8000"}
    assert is_recorded(labels) is recorded
    assert is_recorded({"__name__": name, "job": "llm"})


def test_gaps_do_no_harm() -> None:
    raw = noise(1)
    recorded = averaged(raw, 10)
    raw[::7], recorded[3::5] = np.nan, np.nan
    assert originals(["errors_total", "job:errors:rate5m"], np.array([raw, recorded])) == {1: 0}


def test_a_rule_that_moves_like_nothing_repeats_nothing() -> None:
    still = np.random.default_rng(3).normal(size=ROWS)
    found = recorded_among([{"__name__": "a_total"}, {"__name__": "a:b"}], np.array([noise(1), still]))
    assert (found.rows, found.originals) == (frozenset({1}), {})


def test_without_raw_or_without_recorded_series_there_is_nothing_to_compare() -> None:
    assert originals(["a:b", "c:d"], np.array([noise(1), noise(1)])) == {}
    assert originals(["a", "b"], np.array([noise(1), noise(1)])) == {}
    assert originals([], np.empty((0, ROWS))) == {}


CART, RULES = Entity("cart", "service"), Entity("recording-rules", "job")


def ranks(scores: list[float], recorded: Recorded) -> list[tuple[str, float, tuple[int, ...]]]:
    entities = [CART, CART, RULES]
    ranked = rank_entities(entities, ["error", "cpu", "error"], scores, list("xyz"), recorded=recorded)
    return [(r.entity.name, r.score, r.members) for r in ranked]


def test_what_was_recorded_adds_nothing_to_its_entity() -> None:
    twice = Recorded(frozenset({1}), {1: 0})
    assert ranks([2.0, 9.0, 0.0], twice) == [("cart", 2.0, (1, 0))]
    assert ranks([0.0, 9.0, 0.0], twice) == [("cart", 9.0, (1,))]


def test_what_only_rules_tell_of_counts_in_part_beside_raw_series() -> None:
    rules = Recorded(frozenset({2}))
    assert ranks([2.0, 0.0, 3.0], rules) == [("cart", 2.0, (0,)), ("recording-rules", 1.5, (2,))]
    assert ranks([0.0, 0.0, 3.0], rules) == [("recording-rules", 3.0, (2,))]


def test_a_report_shows_a_recorded_copy_behind_its_original_and_blames_its_entity() -> None:
    series = made_up()
    raw = next(
        i
        for i, own in enumerate(series.labels)
        if own["service"] == "service-3" and own["__name__"] == "errors"
    )
    copy = averaged(series.values[raw], 10)
    labels = [*series.labels, {"__name__": "slo:errors:ratio5m", "job": "rules"}]
    report = report_of(batch(labels, np.concatenate([series.values, copy[None] / 300])))
    assert report.entities[0].entity == "service-3"
    assert "rules" not in [entity.entity for entity in report.entities]
    found = {finding.name: finding for finding in report.findings}
    recorded = found["slo:errors:ratio5m"]
    original = found["errors"]
    assert (recorded.entity, recorded.rank, recorded.same_as) == (
        "service-3",
        original.rank + 1,
        original.same_as or original.rank,
    )
