"""What users lose: failures beyond those of other half hours, requests that no part of the workload gets."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.episodes.evidence import EntityEvidence, entity_evidence
from patternwatch.watch.episodes.pressure import NARROW_REST, NARROW_TICKS
from patternwatch.watch.episodes.role_sums import RESOURCE_WEIGHT
from patternwatch.watch.episodes.trigger import Trigger
from patternwatch.watch.history.week_of_maxima import HALF_HOUR_ROWS, HOUR_ROWS
from patternwatch.watch.losses.loss_watch import LossWatch
from patternwatch.watch.losses.losses import Losses
from patternwatch.watch.members.members import Members
from patternwatch.watch.suspects.suspects import Suspects
from tests.watch.small_cluster import STEP_MS, learned, of, rows_of, watched
from tests.watch.small_cluster import labels_of as cluster_labels

NAMES = ("http_requests_total", "http_requests_failed_total")
PODS = ("cart-0", "cart-1")
Rows = npt.NDArray[np.float32]


class Shop:
    """One workload of two pods, each with a counter of requests and one of failures."""

    def __init__(self) -> None:
        self.members, self.losses = Members(AnalysisSettings(), STEP_MS), LossWatch(STEP_MS)
        labels = [{"__name__": name, "service": "cart", "pod": pod} for name in NAMES for pod in PODS]
        self.slots, _ = self.members.place(labels, ["rate"] * len(labels))
        self.row = 0

    def rows(self, number: int, asked: tuple[float, float] = (10.0, 10.0), failed: float = 0.0) -> Rows:
        values = np.full((len(self.members), number), np.nan, dtype=np.float32)
        values[self.slots] = np.array([*asked, failed, failed])[:, None]
        return values

    def tick(self, values: Rows) -> Losses:
        times = STEP_MS * (self.row + np.arange(values.shape[1], dtype=np.int64))
        self.row += values.shape[1]
        return self.losses.update(times, values, self.members)


def test_failures_beyond_the_past_weigh_by_their_share() -> None:
    shop = Shop()
    shop.tick(shop.rows(200))
    losses = shop.tick(shop.rows(2, failed=3.2))
    assert losses.failing.tolist() == [2.0]  # 32 % are two doublings of 8 %
    assert losses.usual.tolist() == [False]
    assert shop.tick(shop.rows(2)).usual.tolist() == [True]


def test_bursts_of_other_half_hours_are_no_news() -> None:
    shop = Shop()
    for _ in range(3):
        shop.tick(shop.rows(2 * HALF_HOUR_ROWS))
        shop.tick(shop.rows(2, failed=3.2))
    shop.tick(shop.rows(2 * HALF_HOUR_ROWS))
    again = shop.tick(shop.rows(2, failed=3.2))
    assert again.failing.tolist() == [0.0]
    assert again.usual.tolist() == [True]
    assert shop.tick(shop.rows(2, failed=9.5)).failing[0] > 0.5


def test_failures_that_stay_weigh_though_few_rows_would_not_say_so() -> None:
    shop = Shop()
    shop.tick(shop.rows(200))
    ticks = [shop.tick(shop.rows(2, failed=0.6)) for _ in range(3)]  # 6 %
    assert [float(each.failing[0]) for each in ticks] == [0.0, 0.0, pytest.approx(np.log2(0.06 / 0.04))]
    assert ticks[0].failing_decades[0] == 0
    assert ticks[2].failing_decades[0] > 20
    for _ in range(40):
        shop.tick(shop.rows(60))
        shop.tick(shop.rows(6, failed=0.6))
    assert shop.tick(shop.rows(2, failed=0.6)).failing_decades[0] == 0  # it happens each half hour


@pytest.mark.parametrize(("a_second", "stays"), [(10.0, [True, False, False]), (0.05, [True, True, False])])
def test_a_burst_is_over_once_enough_requests_came_through(a_second: float, stays: list[bool]) -> None:
    shop, asked = Shop(), (a_second, a_second)
    shop.tick(shop.rows(200, asked))
    ticks = [shop.tick(shop.rows(3, asked, failed=a_second))] + [shop.tick(shop.rows(1, asked)) for _ in "ab"]
    assert [bool(each.failing_decades[0] > 0) for each in ticks] == stays


def test_a_burst_is_over_though_a_few_requests_always_fail() -> None:
    shop = Shop()
    shop.tick(shop.rows(200, failed=0.03))
    burst = [shop.tick(shop.rows(2, failed=0.7)) for _ in range(4)]  # 7 %
    after = shop.tick(shop.rows(2, failed=0.03))
    assert burst[-1].failing_decades[0] > 20
    assert (after.failing_decades[0], after.failing[0], after.usual[0]) == (0, 0, True)


def started(failed: list[float]) -> list[Losses]:
    """The ticks of a workload from the one on in which its pods are replaced by one that fails so."""
    shop = Shop()
    shop.tick(shop.rows(200))
    labels = [{"__name__": name, "service": "cart", "pod": "cart-2"} for name in NAMES]
    slots, begun = shop.members.place(labels, ["rate"] * len(labels))
    found = []
    for each in failed:
        values = np.full((len(shop.members), 2), np.nan, dtype=np.float32)
        values[slots] = np.array([20.0, 20.0 * each])[:, None]
        times = STEP_MS * (shop.row + np.arange(2, dtype=np.int64))
        shop.row += 2
        found.append(shop.losses.update(times, values, shop.members, begun))
        begun = begun[:0]
    return found


def test_what_fails_while_a_new_part_warms_up_is_no_loss_if_it_fades() -> None:
    ticks = started([0.17, 0.08, 0.05, 0.035, 0.025, 0.01])
    assert [float(each.failing[0]) for each in ticks] == [0.0] * 6
    assert [float(each.failing_decades[0]) for each in ticks] == [0.0] * 6


def test_a_bad_release_goes_on_failing_and_is_told_in_three_ticks() -> None:
    ticks = started([0.3, 0.3, 0.3])
    assert [float(each.failing[0]) > 1.0 for each in ticks] == [False, False, True]


def test_failures_that_come_in_bursts_are_held_against_their_tail() -> None:
    shop, calm = Shop(), Shop()
    for failed in (0.2, 0.35, 0.25, 0.3, 0.2, 0.25):
        shop.tick(shop.rows(2 * HALF_HOUR_ROWS))
        shop.tick(shop.rows(6, failed=failed))
    for each in (shop, calm):
        each.tick(each.rows(2 * HALF_HOUR_ROWS))
    longer, first = (each.tick(each.rows(6, failed=0.65)) for each in (shop, calm))
    assert first.failing_decades[0] > 20  # no chance explains what never happened
    assert longer.failing_decades[0] == 0  # a burst that is twice as long as the others comes once in months
    assert shop.tick(shop.rows(6, failed=3.0)).failing_decades[0] > 4


def test_a_coarse_row_of_history_may_have_been_a_burst() -> None:
    shop, even = Shop(), Shop()
    for each, usual, burst in ((shop, 0.0, 0.3), (even, 0.3, 0.3)):
        hour = [each.rows(110, failed=usual), each.rows(10, failed=burst)]
        values = np.concatenate([*hour * 5, each.rows(120, failed=usual)], axis=1)
        times = STEP_MS * np.arange(values.shape[1], dtype=np.int64)
        each.losses.learn(times, values[each.slots], each.slots, each.members, each=10)
        each.row = values.shape[1]
    after_bursts, after_ever = (each.tick(each.rows(6, failed=0.8)) for each in (shop, even))
    assert after_bursts.failing_decades[0] == 0
    assert after_ever.failing_decades[0] > 3


def test_few_requests_that_stay_away_are_missed_after_some_rows() -> None:
    shop = Shop()
    shop.tick(shop.rows(200, asked=(0.1, 0.1)))  # six in a row
    one, two = (shop.tick(shop.rows(2, asked=(0.0, 0.02))) for _ in range(2))
    assert one.missing_decades[0] == 0
    assert two.missing_decades[0] > 4
    assert shop.tick(shop.rows(2, asked=(np.nan, np.nan))).missing_decades[0] < two.missing_decades[0]


def test_few_requests_that_stay_away_count_by_how_many_these_are() -> None:
    """As those of a busy service do at once: here two rows are too few for a minute to weigh."""
    shop = Shop()
    shop.tick(shop.rows(200, asked=(0.1, 0.1)))  # six in a row
    one, two = (shop.tick(shop.rows(2, asked=(0.0, 0.025))) for _ in range(2))
    assert one.missing[0] == 0
    assert two.missing[0] == pytest.approx(3.0)


def test_five_failures_say_so_of_however_few_requests() -> None:
    shop, few = Shop(), (1 / 60, 1 / 60)  # one request a row
    shop.tick(shop.rows(200, asked=few))
    ticks = [shop.tick(shop.rows(2, asked=few, failed=1 / 60)) for _ in range(3)]
    assert [each.failing_decades[0] > 8 for each in ticks] == [False, False, True]
    assert ticks[-1].failing[0] > 3


def test_requests_that_stop_every_hour_are_not_missed() -> None:
    shop = Shop()
    for _ in range(4):
        shop.tick(shop.rows(60))
        stopped = [shop.tick(shop.rows(2, asked=(1.0, 1.0))) for _ in range(30)]
    assert max(float(each.missing_decades[0]) for each in stopped) == 0.0


@pytest.mark.parametrize(
    ("others", "left", "missing"), [(1.0, 0.7, True), (0.82, 0.7, False), (0.82, 0.4, True)]
)
def test_what_all_have_fewer_of_is_not_missing(others: float, left: float, missing: bool) -> None:
    members, losses = Members(AnalysisSettings(), STEP_MS), LossWatch(STEP_MS)
    labels = [{"__name__": NAMES[0], "service": f"svc{k}"} for k in range(6)]
    slots, _ = members.place(labels, ["rate"] * len(labels))
    rows = np.full((len(members), 60), np.nan, dtype=np.float32)
    rows[slots] = 20.0
    rows[slots, -2:] *= np.array([[left], *[[others]] * 5], dtype=np.float32)
    found = losses.update(STEP_MS * np.arange(60), rows, members)
    assert found.whole.tolist() == [not missing, *[True] * 5]
    assert (found.missing > 0).tolist() == [missing, *[False] * 5]


def test_requests_that_another_pod_gets_are_not_missing() -> None:
    shop = Shop()
    shop.tick(shop.rows(60))
    moved = shop.tick(shop.rows(2, asked=(0.5, 19.0)))
    assert moved.whole.tolist() == [True]
    assert moved.missing.tolist() == [0.0]
    lost = shop.tick(shop.rows(2, asked=(2.5, 2.5)))
    assert lost.whole.tolist() == [False]
    assert lost.missing.tolist() == [2.0]


def test_what_is_held_is_compared_with_the_time_before() -> None:
    shop = Shop()
    shop.tick(shop.rows(60))
    shop.tick(shop.rows(2, asked=(2.5, 2.5), failed=2.0))
    shop.losses.hold(np.array([True]))
    for _ in range(60):
        losses = shop.tick(shop.rows(2, asked=(2.5, 2.5), failed=2.0))
    assert losses.missing.tolist() == [2.0]
    assert losses.failing[0] > 3


def test_a_restored_one_goes_on() -> None:
    shop, other = Shop(), Shop()
    shop.tick(shop.rows(90, failed=1.0))
    other.row = shop.row
    other.losses.restore(shop.losses.snapshot())
    one, two = (each.tick(each.rows(2, asked=(2.0, 2.0), failed=1.5)) for each in (shop, other))
    assert one.missing[0] > 2
    assert one.failing[0] > 2
    assert one.missing.tolist() == two.missing.tolist()
    assert one.failing.tolist() == two.failing.tolist()


def evidence_of(losses: Losses, name: str, *, up: bool, scores: tuple[float, float]) -> EntityEvidence:
    shop = Shop()
    slots = shop.slots[2 * NAMES.index(name) :][:2]
    scored, sizes = np.array(scores, dtype=np.float32), np.ones(2, dtype=np.float32)
    seen = Suspects(slots, np.array([up, up]), scored, sizes)
    return entity_evidence(seen, shop.members, slots[:0], losses=losses)


def losses_of(
    *,
    usual: bool = False,
    whole: bool = False,
    lasted: bool = False,
    failing: float = 0,
    missing: float = 0,
    **decades: float,
) -> Losses:
    known: dict[str, Any] = {
        name: np.array([number], dtype=np.float32)
        for name, number in (
            ("failing", failing),
            ("missing", missing),
            ("failing_decades", decades.get("failing_decades", 0.0)),
            ("missing_decades", decades.get("missing_decades", 0.0)),
        )
    }
    whole_as_ever = {"whole": np.array([whole]), "even": np.array([whole]), "exchanged": np.array([False])}
    return Losses(usual=np.array([usual]), lasted=np.array([lasted]), **whole_as_ever, **known)


def test_evidence_counts_what_is_lost() -> None:
    def failures(losses: Losses) -> float:
        return float(evidence_of(losses, NAMES[1], up=True, scores=(7.0, 7.0)).symptoms[0])

    rare = failures(losses_of())
    assert failures(losses_of(failing=2.0)) == rare + 2.0
    assert failures(losses_of(usual=True)) == rare / 2
    fewer = evidence_of(losses_of(), NAMES[0], up=False, scores=(7.0, 7.0))
    halved = evidence_of(losses_of(missing=1.0), NAMES[0], up=False, scores=(7.0, 7.0))
    elsewhere = evidence_of(losses_of(whole=True), NAMES[0], up=False, scores=(7.0, 7.0))
    assert halved.symptoms[0] == fewer.symptoms[0] + 1.0
    assert elsewhere.symptoms[0] == 0.0
    assert elsewhere.total[0] <= RESOURCE_WEIGHT * fewer.total[0]


@pytest.mark.parametrize(("failing", "besides"), [(0.0, 1.125), (1.0, 1.125), (2.0, 2.0)])
def test_half_of_what_is_lost_and_half_of_what_another_series_says_bear_nothing_out(
    failing: float, besides: float
) -> None:
    """A burst of failures in one series, with a little more load, is a burst of failures in one series."""
    shop = Shop()
    slots = shop.slots[[2 * NAMES.index(name) for name in (NAMES[1], NAMES[0])]]
    scores = np.array([9.0, 5.5], dtype=np.float32)
    seen = Suspects(slots, np.array([True, True]), scores, np.ones(2, dtype=np.float32))
    evidence = entity_evidence(seen, shop.members, slots[:0], losses=losses_of(failing=failing))
    assert evidence.total[0] - evidence.widest[0] == pytest.approx(besides)


def test_failures_have_lasted_where_chance_explains_none_of_three_ticks() -> None:
    shop = Shop()
    few = (0.05, 0.05)  # three requests a row
    shop.tick(shop.rows(200, few))
    seen = [shop.tick(shop.rows(2, few, failed=0.05)) for _ in range(3)]
    assert all(losses.failing_decades[0] > 0 for losses in seen)
    assert [losses.lasted.tolist() for losses in seen] == [[False], [False], [True]]


def test_a_burst_of_two_minutes_in_one_series_does_not_bear_itself_out() -> None:
    """A tenth of one request a second: rare in its series, and no chance, which is one and the same."""
    shop, one = Shop(), (0.4, 0.4)
    shop.tick(shop.rows(200, one))
    shop.tick(shop.rows(2, one, failed=0.07))
    burst = shop.tick(shop.rows(2, one, failed=0.05))
    assert burst.failing_decades[0] > 5

    def besides(losses: Losses) -> float:
        seen = evidence_of(losses, NAMES[1], up=True, scores=(6.1, 2.0))
        assert seen.total[0] > 8
        return float(seen.total[0] - seen.widest[0])

    assert besides(burst) < NARROW_REST
    for _ in range(2):
        goes_on = shop.tick(shop.rows(2, one, failed=0.06))
    assert besides(goes_on) > NARROW_REST


def test_what_led_to_an_episode_is_not_learned_either() -> None:
    """Of a young watch the highest hour is what happens: its own trouble is not to be that."""
    shop = Shop()
    shop.tick(shop.rows(HOUR_ROWS + HALF_HOUR_ROWS))
    shop.tick(shop.rows(2, failed=10.0))
    shop.losses.hold(np.array([True]))
    shop.tick(shop.rows(HOUR_ROWS, failed=10.0))
    assert shop.tick(shop.rows(2, failed=10.0)).failing_decades[0] > 0


@pytest.mark.parametrize(
    ("lasting", "name", "up", "most"),
    [
        (losses_of(failing_decades=40.0), NAMES[1], True, 8.25),
        (losses_of(missing_decades=40.0), NAMES[0], False, 6.6),
    ],
)
def test_what_stays_counts_in_full_where_series_tell_of_it(
    lasting: Losses, name: str, up: bool, most: float
) -> None:
    weak, strong = (evidence_of(each, name, up=up, scores=(3.0, 3.0)) for each in (losses_of(), lasting))
    assert weak.symptoms[0] < 1
    assert strong.symptoms[0] == pytest.approx(most)


def test_failures_that_no_series_tells_by_itself_count_together_and_must_last() -> None:
    """Fewer requests need a series that tells of them."""
    untold = evidence_of(losses_of(failing_decades=40.0), NAMES[1], up=False, scores=(3.0, 3.0))
    assert untold.symptoms[0] == untold.widest[0] == pytest.approx(8.25)
    trigger = Trigger(bar=8.0)
    opened = [trigger.step(60_000 * tick, untold).opened is not None for tick in range(NARROW_TICKS)]
    assert opened == [False] * (NARROW_TICKS - 1) + [True]
    lasted = losses_of(failing_decades=40.0, lasted=True)
    there = evidence_of(lasted, NAMES[1], up=False, scores=(3.0, 3.0))
    assert Trigger(bar=8.0).step(60_000, there).opened
    fewer = evidence_of(losses_of(missing_decades=40.0), NAMES[0], up=True, scores=(3.0, 3.0))
    assert fewer.symptoms[0] == 0.0


def test_part_of_few_requests_that_always_fails_is_no_news_to_a_new_watch() -> None:
    shop = Shop()
    shop.tick(shop.rows(2 * HALF_HOUR_ROWS, failed=3.0))
    assert shop.tick(shop.rows(6, failed=3.0)).failing_decades[0] == 0


def test_a_service_whose_requests_fail_opens_at_once() -> None:
    labels = cluster_labels()
    watch = learned(labels)
    rows = rows_of(labels, 40, seed=9)
    rows[of(labels, "svc2", NAMES[1]), 20:] = 8.0  # of twenty a second
    opened = [n for n, seen in enumerate(watched(watch, labels, rows)) if seen.opening]
    assert opened == [10]


def test_load_that_a_part_takes_over_from_another_is_none_of_the_workload() -> None:
    shop = Shop()
    shop.tick(shop.rows(200))
    taken_over, more = shop.rows(2, asked=(20.0, 0.0)), shop.rows(2, asked=(20.0, 20.0))
    taken_over[shop.slots[0], 0] = 26.0  # one row may have more by chance
    score, size = np.array([[7.5], [10.0]], dtype=np.float32)
    seen = Suspects(shop.slots[:1], np.array([True]), score, size)
    loads = [
        entity_evidence(seen, shop.members, np.empty(0, np.int64), losses=losses).load[0]
        for losses in (shop.tick(taken_over), shop.tick(more))
    ]
    assert [bool(each > 2) for each in loads] == [False, True]
