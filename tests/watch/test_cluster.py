"""What a watched cluster opens, what it leaves alone, and how it goes on elsewhere."""

from collections.abc import Callable

import numpy as np
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mark, Mute
from patternwatch.watch.cluster import ClusterWatch
from patternwatch.watch.episodes.bar import DEFAULT_BAR
from tests.watch.small_cluster import (
    DAY_ROWS,
    STEP_MS,
    Values,
    batch_of,
    labels_of,
    of,
    rows_of,
    watched,
)

LABELS = labels_of()
FAULT_ROW = 40


def failing(values: Values) -> None:
    values[of(LABELS, "svc2", "http_requests_failed_total"), FAULT_ROW:] += 3.0
    values[of(LABELS, "svc2", "http_request_duration_seconds"), FAULT_ROW:] *= 3.0


def slow(values: Values) -> None:
    values[of(LABELS, "svc2", "http_request_duration_seconds"), FAULT_ROW:] *= 3.0
    values[of(LABELS, "svc2", "work_queue_length"), FAULT_ROW:] += 20.0


def without_users(values: Values) -> None:
    values[of(LABELS, "svc2", "http_requests_total"), FAULT_ROW:] *= 0.2
    values[of(LABELS, "svc2", "container_cpu_usage_seconds_total"), FAULT_ROW:] *= 0.3


def down(values: Values) -> None:
    mine = [i for i, own in enumerate(LABELS) if own.get("service") == "svc2"]
    values[mine, FAULT_ROW:] = np.nan


def hungry(values: Values) -> None:
    values[of(LABELS, "svc2", "container_memory_working_set_bytes"), FAULT_ROW:] *= 2.0
    values[of(LABELS, "svc2", "container_cpu_usage_seconds_total"), FAULT_ROW:] *= 3.0


@pytest.mark.parametrize(
    ("fault", "ticks"), [(failing, 2), (slow, 3), (without_users, 8), (down, 2), (hungry, 10)]
)
def test_a_fault_opens_once_and_names_its_service(
    watch: ClusterWatch, fault: Callable[[Values], None], ticks: int
) -> None:
    values = rows_of(LABELS, 100, seed=7)
    fault(values)
    seen = watched(watch, LABELS, values)
    opened = [(k, one.opening) for k, one in enumerate(seen) if one.opening]
    assert [opening.entity for _, opening in opened if opening] == ["svc2"]
    assert FAULT_ROW // 2 <= opened[0][0] < FAULT_ROW // 2 + ticks
    assert all(one.open_goes_on for one in seen[opened[0][0] + 1 :])
    opening = opened[0][1]
    assert opening is not None
    assert abs(opening.since_ms - STEP_MS * (seen[0].at_ms // STEP_MS + FAULT_ROW)) <= 8 * STEP_MS


def test_what_opened_comes_before_a_machine_that_moves_farther(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 100, seed=23)
    without_users(values)
    values[-1, FAULT_ROW - 10 :] *= 1e6
    seen = watched(watch, LABELS, values)
    opened = next(one for one in seen if one.opening)
    assert [entity.name for entity in opened.entities[:2]] == ["svc2", "node0"]


def test_quiet_rows_open_nothing(watch: ClusterWatch) -> None:
    seen = watched(watch, LABELS, rows_of(LABELS, 600, seed=8))
    assert not any(one.opening or one.not_judged for one in seen)


def test_a_counter_that_never_counted_opens_nothing_by_itself(watch: ClusterWatch) -> None:
    expired = {"__name__": "cache_expired_keys_total", "namespace": "shop", "service": "svc2"}
    labels = [*LABELS, expired]
    values = np.vstack([rows_of(LABELS, 700, seed=24), np.zeros((1, 700))])
    values[-1, 600:] = 1.0
    assert not any(one.opening for one in watched(watch, labels, values))


def test_a_watch_without_history_judges_after_three_half_hours() -> None:
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    values = rows_of(LABELS, 300, seed=25)
    failing(values[:, 200:])
    seen = watched(watch, LABELS, values)
    assert [k for k, one in enumerate(seen) if one.not_judged] == list(range(90))
    assert [k for k, one in enumerate(seen) if one.opening] in ([120], [121])


def test_what_many_services_show_at_once_is_nobodys(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 100, seed=9)
    for s in range(6):
        values[of(LABELS, f"svc{s}", "http_requests_total"), FAULT_ROW:] *= 0.7
    assert not any(one.opening for one in watched(watch, LABELS, values))


def test_a_silent_scraper_is_said_and_opens_nothing(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 100, seed=10)
    values[:, FAULT_ROW : FAULT_ROW + 6] = np.nan
    seen = watched(watch, LABELS, values)
    assert not any(one.opening for one in seen)
    assert [k for k, one in enumerate(seen) if "no sample" in one.not_judged] == [20, 21, 22]


def test_a_rolling_update_is_said_and_opens_nothing(watch: ClusterWatch) -> None:
    """One pod after the other is replaced, and the new ones are busy with themselves at first."""
    values = rows_of(LABELS, 100, seed=11)
    renamed = {"svc2-5d4f8c7b9-x2x0k": "svc2-66b6c48dd-abcd0", "svc2-5d4f8c7b9-x2x1k": "svc2-66b6c48dd-abcd1"}
    labels, said, opened = list(LABELS), list[str](), 0
    for tick in range(50):
        if tick in (20, 22):
            old = sorted(renamed)[(tick - 20) // 2]
            labels = [{**own, "pod": renamed[old]} if own.get("pod") == old else own for own in labels]
        rows = values[:, 2 * tick : 2 * tick + 2].copy()
        if 20 <= tick < 26:
            rows[of(LABELS, "svc2", "http_request_duration_seconds")] *= 2.5
        seen = watch.observe(batch_of(labels, rows, 2 * tick), 0)
        said += seen.said
        opened += seen.opening is not None
    assert said == ["svc2: 1 new part, as after a deploy or a move"] * 2
    assert not opened


def test_a_service_that_begins_just_after_an_episode_is_watched_like_any_other(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 160, seed=21)
    failing(values[:, :80])
    ticks = range(0, 160, 2)
    over = next(k for k in ticks if watched(watch, LABELS, values[:, k : k + 2], first=k)[0].over)
    labels = labels_of(services=7)
    [after] = watched(watch, labels, rows_of(labels, 2, seed=22), first=over + 2)
    assert not after.not_judged


def test_a_long_outage_is_one_episode_and_its_end_no_other(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 900, seed=12)
    failing(values[:, :520])
    traffic = of(LABELS, "svc2", "http_requests_total")
    values[traffic, FAULT_ROW:520] *= 0.3
    values[traffic, 520:540] *= 1.5  # whoever waited comes at once
    seen = watched(watch, LABELS, values)
    assert sum(one.opening is not None for one in seen) == 1
    over = [k for k, one in enumerate(seen) if one.over]
    assert len(over) == 1
    assert 260 <= over[0] <= 290
    assert not seen[-1].open_goes_on


def test_the_order_of_series_does_not_matter() -> None:
    order = np.random.default_rng(3).permutation(len(LABELS))
    shuffled = [LABELS[i] for i in order]
    values, history = rows_of(LABELS, 80, seed=13), rows_of(LABELS, DAY_ROWS // 2, seed=14)
    failing(values)
    found = []
    for labels, own in ((LABELS, np.arange(len(LABELS))), (shuffled, order)):
        watch = ClusterWatch(AnalysisSettings(), STEP_MS)
        watch.learn(batch_of(labels, history[own], -DAY_ROWS // 2))
        found.append(watched(watch, labels, values[own]))
    for one, other in zip(*found, strict=True):
        assert one == other


def test_history_in_pieces_is_the_same_history() -> None:
    history, half = rows_of(LABELS, DAY_ROWS // 2, seed=14), len(LABELS) // 2
    whole, pieces = (ClusterWatch(AnalysisSettings(), STEP_MS) for _ in range(2))
    whole.learn(batch_of(LABELS, history, -DAY_ROWS // 2))
    for rows in (slice(0, DAY_ROWS // 4), slice(DAY_ROWS // 4, DAY_ROWS // 2)):
        for own in (slice(0, half), slice(half, len(LABELS))):
            pieces.learn(batch_of(LABELS[own], history[own, rows], -DAY_ROWS // 2 + rows.start))
    values = rows_of(LABELS, 80, seed=15)
    failing(values)
    first, second = watched(whole, LABELS, values), watched(pieces, LABELS, values)
    assert [one.opening for one in first if one.opening]
    assert [bool(one.opening) for one in first] == [bool(one.opening) for one in second]


def test_rows_seen_before_are_ignored_and_late_samples_fill_gaps(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 12, seed=16)
    watched(watch, LABELS, np.where(np.arange(12) == 9, np.nan, values)[:, :10])
    whole = batch_of(LABELS, values, 0)
    again = watch.observe(whole, 0)
    assert again.not_judged == ""
    left = watch.rooms.bank.fill(whole.times, whole.values.astype(np.float32), np.arange(len(LABELS)))
    assert left == 0, "no gap is left"
    assert "no row is newer" in watch.observe(whole, 0).not_judged


def test_many_series_that_begin_at_once_come_with_rows_seen_before(watch: ClusterWatch) -> None:
    more = labels_of(services=12)
    values = rows_of(more, 14, seed=18)
    watched(watch, LABELS, values[[more.index(own) for own in LABELS], :10])
    seen = watch.observe(batch_of(more, values, 0), 14 * STEP_MS)
    assert seen.not_judged == ""
    assert seen.opening is None


def test_a_clock_that_leaps_opens_nothing(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 60, seed=17)
    before = watched(watch, LABELS, values[:, :30])
    after = watched(watch, LABELS, values[:, 30:], first=30 + 3 * DAY_ROWS)
    assert not any(one.opening for one in [*before, *after])


def test_a_snapshot_goes_on_in_the_middle_of_an_episode(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, 120, seed=19)
    failing(values[:, :90])
    watched(watch, LABELS, values[:, :60])
    other = ClusterWatch.restore(watch.snapshot(), AnalysisSettings())
    assert watched(watch, LABELS, values[:, 60:], 60) == watched(other, LABELS, values[:, 60:], 60)


def test_a_snapshot_of_something_else_is_refused(kept: bytes) -> None:
    with pytest.raises(ValueError, match="another version"):
        ClusterWatch.restore(b"something", AnalysisSettings())
    with pytest.raises(ValueError, match="broken"):
        ClusterWatch.restore(kept[: len(kept) // 2], AnalysisSettings())


@pytest.mark.parametrize(
    "mute",
    [
        Mute(kind="entity", value="svc2"),
        Mute(kind="metric", value="http_requests_failed_total"),
        Mute(kind="category", value="error"),
    ],
)
def test_what_is_muted_shows_and_opens_nothing_until_it_counts_again(watch: ClusterWatch, mute: Mute) -> None:
    values = rows_of(LABELS, 80, seed=21)
    values[of(LABELS, "svc2", "http_requests_failed_total"), FAULT_ROW:] += 3.0
    until = batch_of(LABELS, values, 0).times[59]
    over = mute.model_copy(update={"until_ms": int(until)})
    seen = []
    for at in range(0, 80, 2):
        batch = batch_of(LABELS, values[:, at : at + 2], at)
        seen.append(watch.observe(batch, int(batch.times[-1]), [over]))
    assert not any(one.opening for one in seen[:29])
    shown = {one.name: one for one in seen[28].entities}["svc2"]
    assert shown.muted or any(one.muted for one in shown.series)
    assert [one.opening.entity for one in seen[29:] if one.opening] == ["svc2"]


@pytest.mark.parametrize(("failures", "marks", "opens"), [(1.5, 0, 1), (1.5, 1, 0), (3.0, 1, 1)])
def test_the_like_of_what_was_noise_must_be_rarer_to_open_again(
    watch: ClusterWatch, failures: float, marks: int, opens: int
) -> None:
    values = rows_of(LABELS, 80, seed=21)
    values[of(LABELS, "svc2", "http_requests_failed_total"), FAULT_ROW:] += failures
    noise = (Mark(entity="svc2", metric="http_requests_failed_total", verdict="noise"),) * marks
    seen = []
    for at in range(0, 80, 2):
        batch = batch_of(LABELS, values[:, at : at + 2], at)
        seen.append(watch.observe(batch, int(batch.times[-1]), (), noise))
    assert sum(one.opening is not None for one in seen) == opens


def test_categories_that_are_not_watched_open_nothing(kept: bytes) -> None:
    values = rows_of(LABELS, 80, seed=22)
    values[of(LABELS, "svc2", "http_requests_failed_total"), FAULT_ROW:] += 3.0
    for categories, opens in ((("latency",), 0), (("error",), 1)):
        watch = ClusterWatch.restore(kept, AnalysisSettings(), categories)
        assert sum(one.opening is not None for one in watched(watch, LABELS, values)) == opens


def test_nothing_is_all_clear_without_a_history() -> None:
    watch = ClusterWatch(AnalysisSettings(), STEP_MS)
    seen = watched(watch, LABELS, rows_of(LABELS, 20, seed=20))
    assert all(one.not_judged for one in seen)
    assert seen[-1].bar == DEFAULT_BAR


def test_a_lone_row_shows_and_opens_nothing(watch: ClusterWatch) -> None:
    values = rows_of(LABELS, FAULT_ROW + 2, seed=7)
    slow = of(LABELS, "svc2", "http_request_duration_seconds")
    values[slow, FAULT_ROW + 1] *= 20.0
    *before, last = watched(watch, LABELS, values)
    assert not any(one.opening for one in [*before, last])
    shown = {seen.name: [one.labels["__name__"] for one in seen.series] for seen in last.entities}
    assert shown["svc2"][:1] == ["http_request_duration_seconds"]
    muted = watch.restore(watch.snapshot(), AnalysisSettings())
    again = rows_of(LABELS, 2, seed=8)
    again[slow, 1] *= 20.0
    mute = Mute(kind="metric", value="http_request_duration_seconds")
    quiet = muted.observe(batch_of(LABELS, again, FAULT_ROW + 2), last.at_ms + 2 * STEP_MS, (mute,))
    assert "svc2" not in {seen.name for seen in quiet.entities}
