"""What an HA pair scraped twice counts once; what only looks like it stays apart."""

from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.series.replicas import without_replicas
from patternwatch.contracts.series import Matrix, SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.skipped import REPLICA, totals

SPLIT, ROWS = 240, 300
LABELS = AnalysisSettings().replica_labels
RNG = np.random.default_rng(7)


def wave(before: float = 10.0, after: float = 10.0) -> Matrix:
    level = np.where(np.arange(ROWS) < SPLIT, before, after)
    return np.asarray(level + RNG.normal(0, 1, ROWS))


def pair(first: Matrix, second: Matrix, label: str = "prometheus_replica") -> SeriesBatch:
    labels = [{"__name__": "load", "job": "node", label: name} for name in ("k8s-0", "k8s-1")]
    return SeriesBatch(labels, np.arange(ROWS), np.array([first, second]), ["", ""])


def kept(batch: SeriesBatch) -> int:
    found = without_replicas(batch, SPLIT, LABELS)
    assert len(found) + totals(found.skipped).get(REPLICA, 0) == len(batch)
    return len(found)


@pytest.mark.parametrize("label", LABELS)
@pytest.mark.parametrize("after", [10.0, 60.0])
def test_a_pair_counts_once_whether_it_moved_or_not(label: str, after: float) -> None:
    assert kept(pair(wave(after=after), wave(after=after), label)) == 1


def test_a_pair_that_scrapes_seconds_apart_steps_a_row_apart() -> None:
    step = wave(after=60.0)
    assert kept(pair(step, np.roll(step, 1))) == 1


@pytest.mark.parametrize("label", [*LABELS, "pod"])
def test_series_that_move_differently_stay_apart(label: str) -> None:
    assert kept(pair(wave(), wave(after=20.0), label)) == 2
    assert kept(pair(wave(before=30.0), wave(), label)) == 2


def test_other_labels_make_other_series() -> None:
    twins = wave()
    assert kept(pair(twins, twins, "pod")) == 2
    rate = replace(pair(twins, twins), derivation=["", "rate"])
    assert kept(rate) == 2


def test_the_gaps_of_a_replica_that_restarted_are_filled_from_the_other() -> None:
    first, second = wave(), wave()
    first[250:] = np.nan
    second[:100] = np.nan
    found = without_replicas(pair(first, second), SPLIT, LABELS)
    assert found.labels[0]["prometheus_replica"] == "k8s-0"
    assert not np.isnan(found.values).any()
    assert found.values[0, 250:] == pytest.approx(second[250:])


def test_a_member_of_a_database_that_ended_is_not_hidden_by_its_twin() -> None:
    ended = wave()
    ended[SPLIT:] = np.nan
    assert kept(pair(ended, wave(), "replica")) == 2
    assert kept(pair(ended, wave(), "__replica__")) == 1


def test_three_replicas_and_what_was_left_out_before() -> None:
    labels = [{"__name__": "up", "replica": name} for name in "abc"]
    batch = SeriesBatch(labels, np.arange(ROWS), np.ones((3, ROWS)), [""] * 3, skipped={"late": {"up": 2}})
    found = without_replicas(replace(batch, seasonal_reference=np.ones((3, ROWS))), SPLIT, LABELS)
    assert found.labels == labels[:1]
    assert found.skipped == {"late": {"up": 2}, REPLICA: {"up": 2}}
    assert found.seasonal_reference is not None
    assert found.seasonal_reference.shape == (1, ROWS)


def test_what_is_said_of_the_batch_stays() -> None:
    one = np.sin(np.arange(ROWS))
    batch = replace(pair(one, one), facts=({"__name__": "kube_pod_info"},), notes=("late",))
    merged = without_replicas(batch, SPLIT, LABELS)
    assert len(merged) == 1
    assert (merged.facts, merged.notes) == (batch.facts, batch.notes)


def test_infinite_and_empty_series_do_no_harm() -> None:
    nothing = np.full(ROWS, np.nan)
    assert kept(pair(nothing, nothing)) == 1
    assert kept(pair(nothing, nothing, "replica")) == 2
    endless = np.full(ROWS, np.inf)
    assert kept(pair(endless, wave(), "replica")) == 2
