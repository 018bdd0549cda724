"""Rows every fifteen seconds are judged as the half minutes that they make, however they are handed over."""

import numpy as np
import pytest

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.packing import packed, unpacked
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.history.half_minutes import HalfMinutes, half_minutes
from tests.watch.small_cluster import START_ROW, STEP_MS, Values, derivations_of, labels_of, of, rows_of

LABELS = labels_of(services=4)
LEARNED, ROWS, BEGIN = 600, 60, 20


def finer(values: Values, each: int, first: int) -> SeriesBatch:
    """So many equal rows for each one; the last of them has its time."""
    rows, step_ms = values.shape[1] * each, STEP_MS // each
    times = STEP_MS * (START_ROW + first - 1) + step_ms * np.arange(1, rows + 1, dtype=np.int64)
    return SeriesBatch(LABELS, times, np.repeat(values, each, axis=1), derivations_of(LABELS))


def seen(each: int, rows_a_tick: int, overlap: int = 0) -> list[str]:
    """What opens where one of four services fails, and when, in half minutes since."""
    watch, judged = ClusterWatch(AnalysisSettings(), STEP_MS // each), rows_of(LABELS, ROWS, seed=2)
    watch.learn(finer(rows_of(LABELS, LEARNED, seed=1), each, -LEARNED))
    judged[of(LABELS, "svc2", "http_requests_failed_total"), BEGIN:] += 3.0
    whole, found = finer(judged, each, 0), []
    for at in range(0, ROWS * each, rows_a_tick):
        rows = slice(max(at - overlap, 0), at + rows_a_tick)
        part = SeriesBatch(LABELS, whole.times[rows], whole.values[:, rows], whole.derivation)
        opening = watch.observe(part, int(part.times[-1])).opening
        if opening:
            found.append(f"{opening.entity} since {opening.since_ms // STEP_MS - START_ROW - BEGIN}")
        if at == rows_a_tick * (ROWS * each // rows_a_tick // 2):
            watch = ClusterWatch.restore(watch.snapshot(), AnalysisSettings())
    return found


@pytest.mark.parametrize(("each", "rows_a_tick", "overlap"), [(2, 4, 0), (2, 4, 12), (3, 6, 0), (2, 3, 0)])
def test_the_same_opens_as_with_rows_of_half_a_minute(each: int, rows_a_tick: int, overlap: int) -> None:
    assert seen(1, 2) == ["svc2 since 1"]
    assert [told.split()[0] for told in seen(each, rows_a_tick, overlap)] == ["svc2"]


def test_batches_one_after_the_other_are_the_same_rows_as_one() -> None:
    values = rows_of(LABELS, 30, seed=3)
    batch = SeriesBatch(LABELS, 15_000 * np.arange(1, 31), values, derivations_of(LABELS))
    whole, rows = half_minutes(batch), HalfMinutes(15_000)
    order = np.random.default_rng(4).permutation(len(LABELS))
    parts = []
    for k, at in enumerate(range(0, 30, 5)):
        own = order if k % 2 else np.arange(len(LABELS))
        labels, how = [LABELS[i] for i in own], [batch.derivation[i] for i in own]
        part = rows.take(SeriesBatch(labels, batch.times[at : at + 5], values[own, at : at + 5], how))
        back = np.argsort(own)
        parts.append(part.values[back])
    assert np.allclose(np.concatenate(parts, axis=1), whole.values)


def test_rows_of_a_second_and_of_a_minute_are_judged_as_they_are() -> None:
    for step_ms in (1_000, 60_000):
        batch = SeriesBatch([{}], step_ms * np.arange(1, 4), np.ones((1, 3)), [""])
        assert HalfMinutes(step_ms).take(batch) is batch


def test_a_snapshot_of_finer_rows_is_of_another_version() -> None:
    values, arrays = unpacked(ClusterWatch(AnalysisSettings(), 15_000).snapshot())
    del values["source_step_ms"]
    older = packed(values | {"step_ms": 15_000}, arrays)
    with pytest.raises(ValueError, match="another version"):
        ClusterWatch.restore(older, AnalysisSettings())
