"""The limits that a scan hands on."""

import numpy as np

from patternwatch.analysis.scan import scan
from patternwatch.analysis.scanning.limits_told import MAX_LIMITS, limit_rows, limits_told
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.shard_results import ShardResult
from tests.analysis.incidents import ROWS, SETTINGS, batch, request_of, shards_of


def told(values: list[float], last: float | None = None) -> dict[str, float]:
    """Of process_max_fds of as many jobs, and the last value of each where it is another one."""
    labels = [{"__name__": "process_max_fds", "job": f"job-{i:04d}"} for i in range(len(values))]
    rows = np.repeat(np.array(values)[:, None], ROWS, axis=1)
    rows[:, -1] = rows[:, -1] if last is None else last
    groups, _ = limits_told(labels, rows, limit_rows(labels, [""] * len(labels)))
    return groups[0].limits if groups else {}


def test_constants_above_nothing_are_limits() -> None:
    assert told([1024.0, 0.0, -1.0, np.nan]) == {"job-0000": 1024.0}
    assert told([1024.0], last=2048.0) == {}  # what moves is none
    assert told([1024.0], last=np.nan) == {"job-0000": 1024.0}


def test_a_limit_that_was_lowered_once_is_told_with_what_it_was() -> None:
    labels = [{"__name__": "process_max_fds", "job": job} for job in ("cart", "web", "mail")]
    steps = [[200.0, 200.0, np.nan, 60.0], [200.0, 60.0, 200.0, 60.0], [60.0, 200.0, 200.0, 200.0]]
    [group], _ = limits_told(labels, np.array(steps), limit_rows(labels, [""] * 3))
    assert (group.limits, group.before) == ({"cart": 60.0}, {"cart": 200.0})


def test_a_rate_is_no_limit() -> None:
    assert limit_rows([{"__name__": "process_max_fds"}], ["rate"]) == {}


def test_more_limits_than_fit_are_left_out_and_that_is_said() -> None:
    labels = [{"__name__": "process_max_fds", "job": str(i)} for i in range(MAX_LIMITS + 5)]
    rows = limit_rows(labels, [""] * len(labels))
    groups, notes = limits_told(labels, np.ones((len(labels), 3)), rows)
    assert sum(len(group.limits) for group in groups) == MAX_LIMITS
    assert notes == ["Of 2,005 limits that a part of the series tells, 2,000 were read."]
    assert limits_told(labels[:9], np.ones((9, 3)), limit_rows(labels[:9], [""] * 9))[1] == []


def test_a_scan_hands_them_on_and_records_without_any_are_read() -> None:
    series = batch(
        [{"__name__": name, "job": "cart"} for name in ("process_max_fds", "process_open_fds")],
        np.array([[64.0], [9.0]]) * np.ones((1, ROWS)),
    )
    [shard] = shards_of(request_of(series), series, 1)
    result = scan(shard, series, SETTINGS)
    assert [(g.metric, g.labels, g.limits) for g in result.limits] == [
        ("process_max_fds", ["job"], {"cart": 64.0})
    ]
    assert decode(encode(result), ShardResult).limits == result.limits
    older = result.model_dump(mode="json", exclude={"limits"})
    assert ShardResult.model_validate(older).limits == []
