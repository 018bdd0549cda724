"""Several metrics of one entity that shift together tell when, though nobody else moves."""

from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.entities.entities import Entity
from patternwatch.analysis.lifecycle.judgement import EventSeries
from patternwatch.analysis.onset.entity_onsets import rows_of_entities
from patternwatch.analysis.ranking.best_onset import evaluate_onsets
from patternwatch.analysis.ranking.onset_evaluation import OnsetEvaluation
from patternwatch.contracts.shard_results import Candidate, ShardResult
from patternwatch.detectors.base import Matrix
from tests.analysis.evaluations import evaluation as made_evaluation
from tests.analysis.incidents import ROWS, SETTINGS, SPLIT, made_up, request_of

TIME = np.arange(ROWS)
FAULT = SPLIT - 60
CATEGORIES = ("cpu", "memory", "network", "disk", "saturation")


def candidate(service: str, category: str, moved: float, at: int, seed: int) -> Candidate:
    noise = np.random.default_rng(seed).normal(size=ROWS)
    return Candidate(
        labels={"__name__": f"{category}_usage", "service": service},
        derivation="",
        category=category,
        screening_score=moved,
        change_score=moved,
        values=(100.0 + noise + moved * (at <= TIME)).astype(np.float32),
    )


def evaluated(kinds: int, ended: int | None = None) -> OnsetEvaluation:
    """A late alert: so many kinds of metrics of one service shifted at `FAULT`, unrelated ones beside it."""
    others = [candidate(f"other-{i}", "latency", 14.0, SPLIT - 20 - 9 * i, 20 + i) for i in range(4)]
    cause = [candidate("cart", CATEGORIES[i], 8.0, FAULT, i) for i in range(kinds)]
    request = request_of(made_up(services=1))
    nobody_votes = [0] * ROWS
    shard = ShardResult(
        shard_id="r1-0", number=0, of=1, request=request, votes=nobody_votes, candidates=[*others, *cause]
    )
    events = EventSeries.none(ROWS)
    if ended is not None:
        gone = candidate("mail", "health", 1.0, ended, 9).model_copy(update={"event": "ended"})
        presence = (ended > TIME).astype(np.float64)[None]
        events = EventSeries([gone], presence, np.array([ended]), np.array([0.1]), ["mail ended"], {})
    return evaluate_onsets(request.window, [shard], SETTINGS, events)


@pytest.mark.parametrize("kinds", [3, 4])
def test_a_late_alert_among_unrelated_series_is_moved_back_to_where_one_service_shifted(kinds: int) -> None:
    found = evaluated(kinds)
    assert (found.onset == FAULT, found.ranked[0].entity.name == "cart") == (kinds == 4, kinds == 4)


@pytest.mark.parametrize(("ended", "proposed"), [(FAULT - 30, False), (FAULT, True), (FAULT + 30, True)])
def test_what_shifts_after_something_ended_is_no_beginning(ended: int, proposed: bool) -> None:
    assert (evaluated(4, ended).onset == FAULT) == proposed


def rows(values: Matrix, names: list[str], categories: list[str], known: tuple[int, ...] = ()) -> list[int]:
    entities = [Entity(name, "service") for name in names]
    found = rows_of_entities(values, entities, categories, 60, SPLIT, known)
    order = np.random.default_rng(1).permutation(len(values))
    again = rows_of_entities(
        values[order], [entities[i] for i in order], [categories[i] for i in order], 60, SPLIT, known
    )
    assert again == found, "the order of series does not matter"
    return found


def shifted(row: int, kinds: int, seed: int = 0) -> Matrix:
    return np.random.default_rng(seed).normal(size=(kinds, ROWS)) + 5.0 * (row <= TIME)


def test_only_an_entity_of_four_categories_proposes() -> None:
    for kinds, wanted in ((3, []), (4, [150]), (5, [150])):
        assert rows(shifted(150, kinds), ["cart"] * kinds, list(CATEGORIES[:kinds])) == wanted
    assert rows(shifted(150, 4), ["cart"] * 4, ["cpu", "cpu", "memory", "disk"]) == []
    assert rows(np.empty((0, ROWS)), [], []) == []


def test_a_row_that_is_known_is_proposed_once() -> None:
    values, names = np.concatenate([shifted(150, 4), shifted(151, 4, 1)]), ["cart"] * 4 + ["db"] * 4
    assert rows(values, names, list(CATEGORIES[:4]) * 2) in ([150], [151])
    for known, wanted in (((149,), [151]), ((150,), []), ((152,), [150]), ((148, 153), [150])):
        assert rows(values, names, list(CATEGORIES[:4]) * 2, known) == wanted


def test_those_whose_shift_explains_most_propose_first_and_only_six_of_them() -> None:
    at = [70, 90, 110, 130, 150, 170, 190, 210]
    values = np.concatenate([shifted(row, 4, row) + 20.0 * (row <= TIME) for row in at])
    values[:4] -= 15.0 * (TIME >= 70)  # the weakest
    names = [f"service-{row}" for row in at for _ in range(4)]
    found = rows(values, names, list(CATEGORIES[:4]) * len(at))
    assert len(found) == len(set(found)) == 8, "six by their shifts, the other two by their votes"
    assert 70 not in found[:6]
    assert {*found[:6], *(row + 1 for row in found[6:])} == set(at)


def test_trouble_that_was_over_before_the_alert_is_proposed_by_its_beginning() -> None:
    values = np.random.default_rng(7).normal(size=(8, ROWS))
    values[:4, FAULT : FAULT + 3] += 15.0
    values[:4, FAULT - 50 :] += 4.0  # explains more
    found = rows(values, ["cart"] * 4 + ["mail"] * 4, list(CATEGORIES[:4]) * 2)
    assert {FAULT - 1, FAULT} & set(found)


def test_an_entity_is_broad_that_shows_trouble_of_four_categories() -> None:
    for scores, categories, is_broad in (
        ([4.0, 2.0, 1.0, 0.5], CATEGORIES[:4], True),
        ([4.0, 2.0, 1.0, 0.4], CATEGORIES[:4], False),
        ([4.0, 2.0, 1.0, 0.9], ("cpu", "cpu", "memory", "disk"), False),
    ):
        found = made_evaluation(
            ("cart",) * 4 + ("db",), [(7.0, (0, 1, 2, 3)), (4.0, (4,))], size=[*scores, 4.0]
        )
        found = replace(found, series=replace(found.series, categories=[*categories, "cpu"]))
        assert found.is_broad is is_broad
    assert not made_evaluation(ranked=()).is_broad
