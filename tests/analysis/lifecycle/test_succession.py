"""Newborn series stand behind the values of a twin: which one, at which level, and from which row on."""

import numpy as np
import pytest

from patternwatch.analysis.identity.subject_reader import SubjectReader
from patternwatch.analysis.lifecycle import twin_keys, twins
from patternwatch.analysis.lifecycle.labels import shared_by_replicas
from patternwatch.analysis.lifecycle.succession import Succession, succession
from patternwatch.analysis.lifecycle.told_replicas import told_replicas
from patternwatch.analysis.lifecycle.twin_keys import TwinKeys
from patternwatch.analysis.lifecycle.warm_up import without_warm_up
from patternwatch.analysis.metrics.categories import CategoryTable
from patternwatch.contracts.series import SeriesBatch
from patternwatch.detectors.base import Matrix
from patternwatch.detectors.edges import edges_of
from tests.analysis.incidents import ROWS, SETTINGS, batch

BORN = 250
TIME = np.arange(ROWS)
NAN = np.nan
OLD = np.where(TIME < BORN, 1.0, 99.0)
"""What the old ones do after the birth says nothing of their level."""


def keys_of(series: SeriesBatch) -> TwinKeys:
    replicas = told_replicas(SubjectReader(SETTINGS).read(series.labels))
    return TwinKeys(series.labels, series.derivation, replicas)


def categories_of(series: SeriesBatch) -> list[str]:
    table = CategoryTable()
    return [table.category_of(*own) for own in zip(series.labels, series.derivation, strict=True)]


def found(values: Matrix, name: str = "process_resident_memory_bytes") -> Succession:
    labels = [{"__name__": name, "namespace": "shop", "pod": f"cart-{n}"} for n in range(len(values))]
    series = batch(labels, values)
    return succession(series, edges_of(values), keys_of(series), categories_of(series), earliest=60)


def newborn(level: float, row: int = BORN, warming_up: float = 1000.0) -> Matrix:
    return np.where(row > TIME, NAN, np.where(row + 4 > TIME, warming_up, level))[None]


OLDS = np.array([10.0 * OLD, 30.0 * OLD])


@pytest.mark.parametrize(
    ("level", "twin", "stands_at"),
    [
        (28.0, 1, 28.0),  # one more of them
        (19.0, 0, 19.0),
        (20.0, 1, 20.0),  # as near to both: the first by series id
        (50.0, 1, 50.0),  # as far outside of their range as that is wide
        (50.1, 1, 30.0),  # farther: the twin's values as they were
        (-10.0, 0, -10.0),
        (-10.1, 0, -10.1),  # a new process uses less
    ],
)
def test_a_newborn_stands_behind_the_nearest_twin(level: float, twin: int, stands_at: float) -> None:
    values = np.concatenate([OLDS, newborn(level)])
    then = found(values)
    assert then.born == {2: BORN}
    assert then.predecessors == {2: f"cart-{twin}"}
    np.testing.assert_allclose(then.values[2, :BORN], stands_at)
    assert np.isnan(then.values[2, BORN : BORN + 4]).all()
    np.testing.assert_array_equal(then.values[2, BORN + 4 :], values[2, BORN + 4 :])
    np.testing.assert_array_equal(then.values[:2], OLDS)


@pytest.mark.parametrize(("level", "stands_at"), [(-10.0, -10.0), (-10.1, 10.0), (50.1, 30.0)])
def test_less_is_trouble_where_the_metric_says_that_all_is_well(level: float, stands_at: float) -> None:
    then = found(np.concatenate([OLDS, newborn(level)]), "http_success_ratio")
    np.testing.assert_allclose(then.values[2, :BORN], stands_at)


def test_whole_numbers_are_moved_by_whole_ones() -> None:
    flag, threads = newborn(1.0), newborn(22.0)
    flag[:, BORN + 20] = 0.0
    threads[:, BORN + 20 : BORN + 30] = 23.0
    then = found(np.concatenate([np.ones((2, ROWS)), flag]), "kube_pod_status_ready")
    np.testing.assert_array_equal(then.values[2, :BORN], 1.0)
    then = found(np.concatenate([OLDS, threads]), "process_threads")
    np.testing.assert_array_equal(then.values[2, :BORN], 22.0)


@pytest.mark.parametrize(("steepness", "is_judged"), [(2.0, False), (0.2, True)])
def test_a_newborn_that_catches_up_with_its_twins_is_not_judged(steepness: float, is_judged: bool) -> None:
    lag = np.where(BORN > TIME, NAN, np.maximum(60.0 - steepness * (TIME - BORN), 0.0))[None]
    then = found(np.concatenate([np.zeros((2, ROWS)), lag]), "pg_replication_lag_seconds")
    assert (2 in then.born) is is_judged


@pytest.mark.parametrize(("points", "is_twin"), [(20, True), (19, False)])
def test_a_twin_has_twenty_points_before_the_first_birth(points: int, is_twin: bool) -> None:
    old = np.where(points > TIME, 10.0, np.where(TIME < BORN, NAN, 99.0))[None]
    then = found(np.concatenate([old, newborn(10.0), newborn(10.0, row=BORN + 10)]))
    assert then.born == ({1: BORN, 2: BORN + 10} if is_twin else {})


@pytest.mark.parametrize(("points", "warm"), [(1, 0), (3, 1), (11, 3), (12, 4), (50, 4)])
def test_a_third_of_a_short_life_is_its_warm_up(points: int, warm: int) -> None:
    values = np.concatenate([OLDS, newborn(28.0, ROWS - points, warming_up=28.0)])
    row = ROWS - points
    then = found(values)
    assert np.flatnonzero(np.isnan(then.values[2])).tolist() == list(range(row, row + warm))
    shown = then.with_warm_up(values, np.array([1, 2]))
    np.testing.assert_array_equal(shown[1], np.where(row > TIME, then.values[2], values[2]))
    np.testing.assert_array_equal(shown[0], values[1])
    np.testing.assert_array_equal(without_warm_up(shown, [None, row])[1], then.values[2])


@pytest.mark.parametrize(("points", "is_zero"), [(20, True), (19, False)])
def test_a_counter_that_others_had_no_reason_for_was_at_zero_while_they_counted(
    points: int, is_zero: bool
) -> None:
    labels = [
        {"__name__": "requests_total", "namespace": "shop", "pod": f"cart-{n}", "code": code}
        for n, code in ((1, "200"), (0, "200"), (2, "404"), (3, "500"))
    ]
    values = np.full((4, ROWS), 5.0)
    values[0, :100], values[3, :BORN] = NAN, NAN
    values[1:3, points : BORN + 5] = NAN
    series = batch(labels, values, ["rate", "rate", "", "rate"])
    then = succession(series, edges_of(values), keys_of(series), categories_of(series), earliest=160)
    wanted = values.copy()
    wanted[3, :points] = 0.0
    np.testing.assert_array_equal(then.values, wanted if is_zero else values)
    assert (then.born, then.predecessors) == (({3: BORN}, {3: "cart-0"}) if is_zero else ({}, {}))


@pytest.mark.parametrize(("begins", "born"), [(100, 250), (150, 250), (150, 169)])
def test_nothing_is_born_with_the_source_itself(begins: int, born: int) -> None:
    old = np.where(begins > TIME, NAN, OLDS)
    then = found(np.concatenate([old, newborn(28.0, row=born)]))
    assert then.born == ({2: born} if born - begins >= 20 else {})


def test_an_infinite_value_of_the_warm_up_is_a_gap() -> None:
    values = np.concatenate([OLDS, newborn(28.0, warming_up=np.inf)])
    shown = found(values).with_warm_up(values, np.array([2]))
    assert np.flatnonzero(np.isnan(shown[0])).tolist() == [BORN, BORN + 1, BORN + 2, BORN + 3]


@pytest.mark.parametrize(
    ("then", "now", "gap", "is_itself"),
    [
        ({}, {"team": "blue"}, 0, True),
        ({"team": "blue"}, {}, 3, True),
        ({}, {"team": "blue"}, 40, False),
        ({"path": "/a"}, {"path": "/b"}, 0, False),
        ({"job": "pods"}, {"job": "shop/cart"}, 0, True),
        ({"service": "cart"}, {"app": "cart"}, 0, True),
        ({}, {"cluster": "eu1"}, 0, True),
        ({"job": "pods", "code": "200"}, {"job": "shop/cart", "code": "500"}, 0, False),
    ],
    ids=[
        *("more labels", "fewer labels", "long after", "other values"),
        *("another job", "another label for the service", "a place", "another job and outcome"),
    ],
)
def test_what_goes_on_under_other_labels_is_judged_against_itself(
    then: dict[str, str], now: dict[str, str], gap: int, is_itself: bool
) -> None:
    own = {"__name__": "heap_bytes", "job": "cart", "service": "cart", "instance": "10.0.0.1:80"}
    if "service" in then:
        own.pop("service")
    values = np.full((2, ROWS), 5.0)
    values[0, BORN - gap :], values[1, :BORN] = NAN, NAN
    series = batch([{**own, **then}, {**own, **now}], values)
    found = succession(series, edges_of(values), keys_of(series), categories_of(series), earliest=160)
    assert found.born == ({1: BORN} if is_itself else {})
    assert np.isnan(found.values[1, : BORN - gap]).all() != is_itself


def test_what_twins_share_is_read_from_the_labels_of_a_series_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def counted(labels: dict[str, str]) -> frozenset[tuple[str, str]]:
        read.append(labels["instance_id"])
        return shared_by_replicas(labels)

    for module in (twin_keys, twins):
        monkeypatch.setattr(module, "shared_by_replicas", counted, raising=False)
    labels = [
        {"__name__": "load", "job": "web", "instance": f"10.5.1.{n}:80", "instance_id": f"i-{n}"}
        for n in range(3)
    ]
    values = np.concatenate([OLDS, newborn(28.0)])
    series = batch(labels, values)
    then = succession(series, edges_of(values), keys_of(series), categories_of(series), earliest=60)
    assert then.predecessors == {2: "10.5.1.1:80"}
    assert sorted(read) == ["i-0", "i-1", "i-2"]
