from collections.abc import Sequence

import numpy as np
import pytest

from patternwatch.analysis.planning import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.contracts.messages import ShardResult
from patternwatch.detectors.base import Vector
from tests.analysis.incidents import (
    ROWS,
    SETTINGS,
    SPLIT,
    batch,
    made_up,
    report_of,
    request_of,
    results_of,
)


def scan_rows(rows: Sequence[Vector], skipped: dict[str, int] | None = None) -> ShardResult:
    values = np.array(rows, dtype=float)
    series = batch([{"__name__": f"m{i}", "service": "a"} for i in range(len(values))], values)
    series.skipped.update(skipped or {})
    request = request_of(series)
    (shard,) = plan_shards(request, {"m": len(series)}, SETTINGS)
    return scan(shard, series, SETTINGS, fetch_ms=12.0)


NOISE = np.random.default_rng(0).normal(size=ROWS)
INDEX = np.arange(ROWS)


def test_series_that_cannot_be_judged_are_counted_by_reason() -> None:
    result = scan_rows(
        [
            NOISE,
            np.full(ROWS, 4.0),
            np.where(INDEX % 3 == 0, 4.0, np.nan),
            np.full(ROWS, np.nan),
            np.where(INDEX >= SPLIT - 10, NOISE, np.nan),
            np.where((INDEX % 8 == 0) | (INDEX >= SPLIT), NOISE, np.nan),
            np.where(INDEX < SPLIT, NOISE, np.nan),
            np.full(ROWS, np.inf),
        ],
        skipped={"no sample in the window": 5},
    )
    assert result.series == 13
    assert result.analysed == 1
    assert result.skipped == {
        "constant": 2,
        "ended before the current part": 1,
        "mostly gaps": 1,
        "no points": 2,
        "no sample in the window": 5,
        "too short": 1,
    }
    assert result.fetch_ms == 12.0


def test_series_that_begin_or_end_inside_the_window_are_counted() -> None:
    rows = [NOISE, np.where(INDEX < SPLIT, NOISE, np.nan), np.where(INDEX > 200, 4.0, np.nan)]
    result = scan_rows(rows)
    assert (result.appeared, result.vanished) == (1, 1)
    counts = report_of(batch([{"__name__": f"m{i}"} for i in range(3)], np.array(rows))).counts
    assert (counts.appeared, counts.vanished) == (1, 1)


def test_candidates_are_what_changed_the_strongest_first() -> None:
    result = scan_rows([NOISE, NOISE + 30 * (INDEX >= 200), NOISE + 9 * (INDEX >= 250)])
    named = [c.labels["__name__"] for c in result.candidates]
    assert named[:2] == ["m1", "m2"]
    assert result.flagged == 1
    interests = [c.screening_score for c in result.candidates]
    assert interests == sorted(interests, reverse=True)


def test_candidates_carry_their_points_and_kind() -> None:
    series = made_up()
    (result,) = results_of(request_of(series), series)
    found = {(c.labels["service"], c.category): c for c in result.candidates}
    candidate = found["service-3", "cpu"]
    row = series.labels.index(candidate.labels)
    np.testing.assert_array_equal(candidate.values, series.values[row].astype(np.float32))
    assert set(result.scales) == {"cpu", "memory", "latency", "error", "traffic"}
    assert sum(len(s) for s in result.scales.values()) == result.analysed == len(series)


def test_no_more_candidates_than_the_shard_may_send() -> None:
    series = made_up()
    series.values[:, SPLIT:] += 40.0
    (shard,) = plan_shards(request_of(series), {"m": 40}, SETTINGS)
    result = scan(shard.model_copy(update={"max_candidates": 7}), series, SETTINGS)
    assert len(result.candidates) == 7
    assert result.flagged > 30


def test_values_beyond_float32_stay_finite() -> None:
    result = scan_rows([(NOISE + 30 * (INDEX >= SPLIT)) * 1e60])
    assert np.isfinite(result.candidates[0].values).all()


def test_an_empty_batch_is_scanned_to_nothing() -> None:
    series = batch([], np.empty((0, ROWS)))
    (shard,) = plan_shards(request_of(series), {"m": 1}, SETTINGS)
    result = scan(shard, series, SETTINGS)
    assert (result.series, result.analysed, result.flagged, result.candidates) == (0, 0, 0, [])
    assert result.votes == [0] * ROWS


def test_a_batch_on_another_grid_is_refused() -> None:
    series = made_up()
    (shard,) = plan_shards(request_of(series), {"m": 1}, SETTINGS)
    with pytest.raises(ValueError, match="rows"):
        scan(shard, batch(series.labels, series.values[:, 1:]), SETTINGS)


def test_own_kinds_are_used() -> None:
    series = made_up(services=1)
    settings = SETTINGS.model_copy(update={"metric_categories": {"^requests$": "saturation"}})
    (result,) = results_of(request_of(series), series, settings=settings)
    assert "saturation" in result.scales
    assert "traffic" not in result.scales
