from dataclasses import replace

import numpy as np
import pytest

from patternwatch.analysis.metrics.space_left import left_of, runs_out, spread_of_left
from patternwatch.analysis.scoring.deviations import deviation_stats
from patternwatch.analysis.scoring.limits_reached import newly_out
from patternwatch.analysis.scoring.scores import score_breakdown
from patternwatch.contracts.series import Vector
from patternwatch.contracts.severity import CLEAR_SCORE
from patternwatch.detectors import Detection

SPLIT, ROWS = 240, 300
SINCE = np.maximum(np.arange(ROWS) - SPLIT, 0)
NOISE = np.random.default_rng(3).normal(size=ROWS)


@pytest.mark.parametrize(
    "name",
    [
        "node_filesystem_avail_bytes",
        "node_filesystem_files_free",
        "kubelet_volume_stats_available_bytes",
        "kubelet_volume_stats_inodes_free",
        "windows_logical_disk_free_bytes",
        "node_memory_MemAvailable_bytes",
        "node_memory_SwapFree_bytes",
        "network_ups_tools_battery_charge",
        "upsEstimatedBatteryChargeRemaining",
        "aws_rds_free_storage_space_average",
    ],
)
def test_names_of_what_is_left(name: str) -> None:
    assert runs_out([name], np.array([100.0]), np.array([5.0])).tolist() == [True]
    assert runs_out([name], np.array([100.0]), np.array([20.0])).tolist() == [False]


@pytest.mark.parametrize(
    "name",
    [
        "node_memory_MemFree_bytes",
        "container_memory_cache",
        "node_disk_read_bytes_total",
        "http_requests_total",
        "process_open_fds",
        "hikaricp_connections_idle",
        "node_cpu_usage_percent",
        "disk_used_bytes",
    ],
)
def test_other_names_tell_of_no_space_that_has_a_limit(name: str) -> None:
    assert np.isnan(left_of([name], np.array([50.0])))
    assert not runs_out([name], np.array([100.0]), np.array([0.0]))[0]


def test_a_percentage_in_use_leaves_the_rest() -> None:
    names = ["disk_used_percent", "mem_used_percent", "disk_inodes_used_percent"]
    assert runs_out(names, np.array([60.0, 60.0, 97.0]), np.array([97.0, 90.0, 99.0])).tolist() == [
        True,
        False,
        False,
    ]
    # of more than a hundred no whole is known, and of nothing nothing runs out
    assert not runs_out(["disk_used_percent"], np.array([40.0]), np.array([170.0]))[0]
    assert not runs_out(["swap_free_bytes"], np.array([0.0]), np.array([0.0]))[0]


def score(values: Vector, name: str, category: str = "disk") -> float:
    moved = replace(deviation_stats(values[None], SPLIT), onset=np.array([SPLIT]))
    flagged = Detection(np.ones(1), np.ones(1, dtype=bool))
    of = (moved, np.zeros(1), flagged, [category], SPLIT, ROWS, np.ones(1), np.ones_like, [name], 1.0)
    return float(score_breakdown(*of, values[None, :SPLIT]).scores[0])


def test_a_lone_disk_that_fills_up_is_clear() -> None:
    filling = 4e10 * (1 + 0.001 * NOISE) - 6.6e8 * SINCE
    assert score(filling, "node_filesystem_avail_bytes") >= CLEAR_SCORE
    assert score(100 - filling / 4e8, "disk_used_percent") >= CLEAR_SCORE


def test_a_backup_a_rotated_log_and_work_of_a_disk_are_not() -> None:
    base = 4e10 * (1 + 0.001 * NOISE)
    assert score(base - 4e8 * SINCE, "node_filesystem_avail_bytes") < CLEAR_SCORE  # two fifths are left
    assert score(base + 6e10 * (SINCE > 0), "node_filesystem_avail_bytes") < CLEAR_SCORE
    rotated = base - 3.8e10 * ((SINCE > 3) & (SINCE < 8))
    assert score(rotated, "node_filesystem_avail_bytes") < CLEAR_SCORE - 1
    assert score(1e6 * (1 + 0.001 * NOISE) + 1e9 * (SINCE > 0), "node_disk_written_bytes") < CLEAR_SCORE


@pytest.mark.parametrize("rows_before", [20, 40, 80, 240])
def test_a_disk_that_fills_since_before_the_alert_is_as_clear(rows_before: int) -> None:
    since = np.maximum(np.arange(ROWS) - (SPLIT - rows_before), 0)
    filling = 4e10 * (1 + 0.001 * NOISE) - 3.98e10 * since / since[-1]
    assert score(filling, "node_filesystem_avail_bytes") >= CLEAR_SCORE - 0.1
    assert score(100 - filling / 4e8, "disk_used_percent") >= CLEAR_SCORE - 0.1


def test_a_volume_that_fills_for_hours_is_news_once_it_is_full_and_one_that_is_emptied_is_not() -> None:
    row = np.arange(ROWS)
    filling = np.maximum(4e10 * (1 - row / SPLIT), 0.0)
    half_full = 4e10 * (1 - 0.5 * row / SPLIT)
    hourly = 4e10 * (1 - 0.97 * (row % 60) / 59)
    values = np.array([filling, half_full, hourly])
    names = ["node_filesystem_avail_bytes"] * 3
    assert newly_out(names, values, SPLIT, deviation_stats(values, SPLIT)).tolist() == [True, False, False]


def test_what_was_made_good_again_is_usual() -> None:
    hours = np.arange(ROWS) % 60 / 59
    hourly = 4e10 * (1 - 0.97 * hours)  # a log that is rotated by the hour
    assert score(hourly, "node_filesystem_avail_bytes") < CLEAR_SCORE - 2


def test_the_spread_of_a_space_is_the_deepest_fall_that_was_made_good() -> None:
    gap = np.nan
    left = np.array([[gap, 80.0, 20.0, gap, 74.0, 70.0, 76.0, 10.0], [gap] * 8])
    assert spread_of_left(["disk_free"] * 2, left).tolist() == pytest.approx([56 / 6, 0.0])  # from 76 to 20
    assert spread_of_left(["disk_used_percent"] * 2, 100 - left).tolist() == pytest.approx([56 / 6, 0.0])
    assert spread_of_left(["http_requests"] * 2, left).tolist() == [0.0, 0.0]
