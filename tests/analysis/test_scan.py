from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.onset.votes import votes_of
from patternwatch.analysis.planning.shards import plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.scores import log_size, scales_with_floors
from patternwatch.analysis.scoring.seasonal import compare, expected
from patternwatch.contracts.ids import series_id
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.skipped import Skipped
from patternwatch.detectors import CHANGE
from patternwatch.detectors.base import Matrix, Vector
from tests.analysis.incidents import ROWS, SETTINGS, SPLIT, batch, made_up, report_of, request_of, results_of


def scan_rows(rows: Sequence[Vector], skipped: Skipped | None = None) -> ShardResult:
    values = np.array(rows, dtype=float)
    series = batch([{"__name__": f"m{i}", "service": "a"} for i in range(len(values))], values)
    series = replace(series, skipped=skipped or {})
    request = request_of(series)
    (shard,) = plan_shards(request, {"m": len(series)}, SETTINGS)
    return scan(shard, series, SETTINGS, fetch_ms=12.0)


NOISE = np.random.default_rng(0).normal(size=ROWS)
INDEX = np.arange(ROWS)
IRREGULAR = np.isin(INDEX, np.cumsum(1 + np.arange(36) % 12))
"""Points that come a row apart, then two, and so on up to twelve, and again: 36 before the split."""


def test_series_that_cannot_be_judged_are_counted_by_reason() -> None:
    result = scan_rows(
        [
            NOISE,
            np.full(ROWS, 4.0),
            np.where(INDEX % 3 == 0, 4.0, np.nan),
            np.full(ROWS, np.nan),
            np.where(INDEX >= SPLIT - 10, NOISE, np.nan),
            np.where(IRREGULAR | (INDEX >= SPLIT), NOISE, np.nan),
            np.where(INDEX % 30 == 0, NOISE, np.nan),
            np.where(INDEX < SPLIT, NOISE, np.nan),
            np.full(ROWS, np.inf),
        ],
        skipped={"no sample in the window": {"old": 5}},
    )
    assert result.series == 14
    assert result.analysed == 1
    assert result.skipped == {
        "constant": 2,
        "ended before the current part": 1,
        "mostly gaps": 1,
        "no points": 2,
        "no sample in the window": 5,
        "too short": 1,
        "too sparse": 1,
    }
    assert result.not_judged == {
        "constant": {"m1": 1, "m2": 1},
        "ended before the current part": {"m7": 1},
        "mostly gaps": {"m5": 1},
        "no points": {"m3": 1, "m8": 1},
        "no sample in the window": {"old": 5},
        "too short": {"m4": 1},
        "too sparse": {"m6": 1},
    }
    few = "Series scraped every 5 min have fewer than 20 points before the split at a step of 10 s"
    assert result.notes == [f"{few} and are not judged: ask again with a step of 5 min."]
    assert result.fetch_ms == 12.0


def test_a_series_is_judged_from_the_least_points_on() -> None:
    def points(before: int, after: int = 60) -> Vector:
        """Points that lie wide apart, so that no edge is missing."""
        row = np.full(ROWS, np.nan)
        at = np.r_[
            np.linspace(0, SPLIT - 1, before).astype(int), np.linspace(SPLIT, ROWS - 1, after).astype(int)
        ]
        row[at] = NOISE[at]
        return row

    assert scan_rows([points(48), points(240, 1), points(60, 60), NOISE]).skipped == {}
    assert scan_rows([points(47), points(20)]).skipped == {}  # at intervals of their own
    assert scan_rows([points(19), points(1)]).skipped == {"too short": 1, "too sparse": 1}
    irregular = np.where(IRREGULAR, NOISE, np.nan)
    assert scan_rows([irregular]).skipped == {"mostly gaps": 1}
    assert scan_rows([np.where((INDEX < 130) > INDEX % 10, NOISE, np.nan)]).skipped == {"too short": 1}
    assert scan_rows([points(240, 0), points(48, 0)]).skipped == {"ended before the current part": 2}
    short_window = batch([{"__name__": "m", "service": "a"}] * 2, np.array([points(20), points(19)])[:, 160:])
    request = request_of(short_window, split=80)
    (shard,) = plan_shards(request, {"m": 2}, SETTINGS)
    assert scan(shard, short_window, SETTINGS).fetch_ms == 0.0


def test_a_system_younger_than_the_window_is_judged_by_the_points_that_it_has() -> None:
    young = np.where(INDEX >= SPLIT - 24, NOISE, np.nan)
    hurt = young + 60.0 * (INDEX >= SPLIT)
    result = scan_rows([young, hurt, np.where(INDEX >= SPLIT - 19, NOISE, np.nan)])
    assert (result.analysed, result.skipped) == (2, {"too short": 1})
    assert result.flagged == 1


def test_infinite_values_are_gaps() -> None:
    spoilt = np.where(INDEX % 10 == 0, [np.inf, -np.inf] * 150, NOISE)
    result = scan_rows([spoilt + 30.0 * (INDEX >= SPLIT), np.where(INDEX < SPLIT, NOISE, -np.inf)])
    assert (result.analysed, result.skipped) == (1, {"ended before the current part": 1})
    (found,) = result.candidates
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(found.values)), np.arange(0, ROWS, 10))


def test_only_series_that_always_have_points_can_appear_or_vanish() -> None:
    rows = [np.where(INDEX < 290, NOISE, np.nan), np.where(INDEX > 9, NOISE, np.nan)]
    derivations = ["", "rate", "count_rate", "mean", "p50", "p99"]
    labels = [{"__name__": f"m{i}", "service": "a"} for i in range(12)]
    series = batch(labels, np.array(rows * 6), [d for d in derivations for _ in rows])
    (shard,) = plan_shards(request_of(series), {"m": 12}, SETTINGS)
    result = scan(shard, series, SETTINGS)
    assert (result.appeared, result.vanished) == (3, 3)


def test_a_result_says_of_which_shard_it_is_and_counts_all_that_was_asked_for() -> None:
    series = batch([{"__name__": "m", "service": "a"}], NOISE[None])
    left_out = {"stale": {"m": 2}, "constant": {"m": 1}}
    series = replace(series, skipped=left_out, notes=("late",))
    (shard,) = plan_shards(request_of(series), {"m": 1}, SETTINGS)
    shard = shard.model_copy(update={"number": 3, "of": 7, "left_out": {"over": 40, "stale": 5}})
    result = scan(shard, series, SETTINGS)
    assert (result.shard_id, result.number, result.of, result.request) == ("r1-0", 3, 7, shard.request)
    assert (result.status, result.series, result.analysed) == ("ok", 49, 1)
    assert result.skipped == {"constant": 1, "over": 40, "stale": 7}
    assert result.not_judged == {"constant": {"m": 1}, "over": {"": 40}, "stale": {"": 5, "m": 2}}
    assert list(result.skipped) == sorted(result.skipped)
    assert result.notes == ["late"]
    assert (result.compared, result.suppressed_by_season) == (0, 0)


def test_what_the_earlier_window_leads_to_expect_travels_with_the_candidates() -> None:
    rng = np.random.default_rng(7)
    step, other = 30.0 * (INDEX >= SPLIT), rng.normal(size=(5, ROWS))
    today = rng.normal(size=(5, ROWS)) + np.array([0, 1, 1, 1, 0])[:, None] * step
    today[0] = 4.0
    earlier = other + np.array([0, 1, 0, 0, 1])[:, None] * step
    earlier[2] = np.nan
    labels = [{"__name__": name, "service": "a"} for name in ("flat", "daily", "unknown", "new", "quiet")]
    series = replace(batch(labels, today), seasonal_reference=earlier)
    (shard,) = plan_shards(request_of(series), {"m": 5}, SETTINGS)
    result = scan(shard, series, SETTINGS)
    found = {c.labels["__name__"]: c for c in result.candidates}
    assert {"unknown", "new"} <= set(found)
    assert found["unknown"].expected is None
    assert found["new"].expected is not None
    assert len(found["new"].expected) == 0
    assert (result.analysed, result.compared, result.suppressed_by_season, result.flagged) == (4, 3, 1, 2)
    plain = scan(shard, replace(series, seasonal_reference=None), SETTINGS)
    assert (plain.compared, plain.suppressed_by_season, plain.flagged) == (0, 0, 3)
    assert plain.votes != result.votes
    daily = next(c for c in plain.candidates if c.labels["__name__"] == "daily")
    assert daily.expected is None
    compared = compare(today[1:], earlier[1:], SPLIT, 60, *_scores(today[1:]), 0.5, ["cpu"] * len(today[1:]))
    assert len(result.candidates) == int((compared.change >= 0.5).sum())
    own_scores = [c.screening_score for c in result.candidates]
    assert own_scores == sorted(own_scores, reverse=True)
    assert result.votes == votes_of(compared.residual(today[1:]), SPLIT).tolist()


def _scores(values: Matrix) -> tuple[Vector, Vector]:
    detection, change = CHANGE.over_splits(values, SPLIT, 60)
    return detection.score, change


def test_an_expected_movement_travels_row_by_row() -> None:
    rng = np.random.default_rng(7)
    today, earlier = rng.normal(size=(2, ROWS)) + 30.0 * (INDEX >= SPLIT)
    today[260:] += 90.0
    series = replace(
        batch([{"__name__": "m", "service": "a"}], today[None]), seasonal_reference=earlier[None]
    )
    (shard,) = plan_shards(request_of(series), {"m": 1}, SETTINGS)
    (found,) = scan(shard, series, SETTINGS).candidates
    wanted = expected(today[None], earlier[None], SPLIT)[0].astype(np.float32)
    assert wanted[270] > 20.0
    assert found.expected is not None
    np.testing.assert_array_equal(found.expected, wanted)


def test_a_category_goes_by_name_derivation_and_labels() -> None:
    rows = NOISE + 30.0 * (INDEX >= SPLIT)
    labels = [{"__name__": "wait_seconds"}, {"__name__": "wait_seconds"}, {"__name__": "hits", "code": "503"}]
    series = batch(labels, np.tile(rows, (3, 1)), ["p99", "count_rate", "rate"])
    (shard,) = plan_shards(request_of(series), {"m": 3}, SETTINGS)
    result = scan(shard, series, SETTINGS)
    assert {c.derivation: c.category for c in result.candidates} == {
        "p99": "latency",
        "count_rate": "traffic",
        "rate": "error",
    }
    assert list(result.scales) == ["error", "latency", "traffic"]


def test_scales_are_told_by_category_ascending() -> None:
    values = np.tile(np.arange(ROWS) % 5.0, (3, 1)) * np.array([[3.0], [1.0], [2.0]])
    values[:, SPLIT:] *= 100.0
    series = batch([{"__name__": n, "service": "a"} for n in ("cpu_a", "cpu_b", "disk_c")], values)
    (result,) = results_of(request_of(series), series)
    assert list(result.scales) == ["cpu", "disk"]
    unit = 2.0 / 1.349
    np.testing.assert_allclose(result.scales["cpu"], [unit, 3 * unit], rtol=1e-6)
    np.testing.assert_allclose(result.scales["disk"], [2 * unit], rtol=1e-6)
    assert result.scales["cpu"].dtype == np.float32


def test_scales_are_told_by_family_too_where_metrics_differ_in_unit() -> None:
    values = np.tile(np.arange(ROWS) % 5.0, (3, 1)) * np.array([[3.0], [1.0], [2.0]])
    names = ("cpu_a", "cpu_b", "request_latency")
    series = batch([{"__name__": name, "service": "a"} for name in names], values)
    (result,) = results_of(request_of(series), series)
    assert list(result.family_scales) == ["cpu_a", "cpu_b", "latency()"]
    np.testing.assert_allclose(result.family_scales["cpu_a"], [6.0 / 1.349], rtol=1e-6)


def test_of_candidates_that_changed_alike_those_with_the_first_ids_are_sent() -> None:
    row = NOISE + 30.0 * (INDEX >= SPLIT)
    labels = [{"__name__": f"m{i}", "service": "a"} for i in range(8)]
    series = batch(labels, np.array([row] * 7 + [NOISE + 90.0 * (INDEX >= SPLIT)]), ["", "rate"] * 4)
    (shard,) = plan_shards(request_of(series), {"m": 8}, SETTINGS)
    ids = [series_id(own, derivation) for own, derivation in zip(labels, series.derivation, strict=True)]
    wanted = [ids[7], *sorted(ids[:7])]
    for number in (1, 2, 5, 7, 8, 9):
        result = scan(shard.model_copy(update={"max_candidates": number}), series, SETTINGS)
        assert [series_id(c.labels, c.derivation) for c in result.candidates] == wanted[:number]
    moved = deviation_stats(row[None], SPLIT)
    size = log_size(moved, scales_with_floors(moved, ["other"], np.zeros(1)))
    assert result.candidates[1].screening_score == pytest.approx(size[0], rel=0.05)  # of any onset the best
    assert result.votes == votes_of(series.values, SPLIT).tolist()


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
    (found,) = result.candidates
    assert np.unique(found.values).tolist() == [np.float32(-3e38), np.float32(3e38)]
    assert result.scales["other"].tolist() == [np.float32(3e38)]


def test_an_empty_batch_is_scanned_to_nothing() -> None:
    series = batch([], np.empty((0, ROWS)))
    (shard,) = plan_shards(request_of(series), {"m": 1}, SETTINGS)
    result = scan(shard, series, SETTINGS)
    assert (result.series, result.analysed, result.flagged, result.candidates) == (0, 0, 0, [])
    assert result.votes == [0] * ROWS


def test_a_batch_on_another_grid_is_refused() -> None:
    series = made_up()
    (shard,) = plan_shards(request_of(series), {"m": 1}, SETTINGS)
    with pytest.raises(ValueError, match="^a batch of 299 rows for a window of 300$"):
        scan(shard, batch(series.labels, series.values[:, 1:]), SETTINGS)


def test_own_kinds_are_used() -> None:
    series = made_up(services=1)
    settings = SETTINGS.model_copy(update={"metric_categories": {"^requests$": "saturation"}})
    (result,) = results_of(request_of(series), series, settings=settings)
    assert "saturation" in result.scales
    assert "traffic" not in result.scales


def test_a_series_is_judged_at_its_own_interval() -> None:
    every = [np.where(INDEX % rows == 3 % rows, NOISE, np.nan) for rows in (1, 2, 4, 10, 12)]
    rows = [*every, *(row + 60.0 * (INDEX >= SPLIT) for row in every)]
    result = scan_rows(rows)
    assert (result.analysed, result.flagged, result.skipped) == (10, 5, {})
    assert {c.labels["__name__"] for c in result.candidates} >= {f"m{i}" for i in range(5, 10)}
    assert (result.appeared, result.vanished) == (0, 0)


def test_a_series_that_misses_some_of_its_scrapes_keeps_its_interval() -> None:
    row = np.where(INDEX % 10 == 0, NOISE + 60.0 * (INDEX >= SPLIT), np.nan)
    row[[50, 120]] = np.nan
    assert scan_rows([row]).flagged == 1
    row[10:240:20] = np.nan
    assert scan_rows([row]).skipped == {"too sparse": 1}


def test_a_series_that_is_late_is_judged_up_to_its_newest_point() -> None:
    row = NOISE + 60.0 * (INDEX >= 250)
    rows = [np.where(newest > INDEX, row, np.nan) for newest in (271, 270)]
    series = batch([{"__name__": f"m{i}", "service": "a"} for i in range(2)], np.array(rows))
    (shard,) = plan_shards(request_of(series, split=272), {"m": 2}, SETTINGS)
    result = scan(shard, series, SETTINGS)
    assert (result.analysed, result.skipped) == (1, {"ended before the current part": 1})
    assert [c.labels["__name__"] for c in result.candidates if not c.event] == ["m0"]
    assert sorted(c.labels["__name__"] for c in result.candidates if c.event == "ended") == ["m0", "m1"]
    assert result.candidates[0].screening_score > 1.0
    assert result.flagged == 0
