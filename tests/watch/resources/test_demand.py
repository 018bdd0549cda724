"""What requests take of resources beyond the usual, and what opens by it."""

import numpy as np
import numpy.typing as npt
import pytest

from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mute
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.episodes.evidence import entity_evidence
from patternwatch.watch.losses.requests import requests_of
from patternwatch.watch.members.members import Members
from patternwatch.watch.resources.demand import Demand
from patternwatch.watch.resources.resource_demand import DemandWatch
from patternwatch.watch.suspects.muting import Muting

STEP_MS, DAY_ROWS = 30_000, 2880
METRICS = {
    "http_requests_total": "rate",
    "container_cpu_usage_seconds_total": "rate",
    "process_open_fds": "",
    "container_cpu_cfs_throttled_seconds_total": "rate",
}
Values = npt.NDArray[np.float32]


class Shop:
    """One workload of two pods whose processor time swings with its requests from day to day."""

    def __init__(self) -> None:
        self.members, self.demand = Members(AnalysisSettings(), STEP_MS), DemandWatch(STEP_MS)
        labels = [
            {"__name__": name, "service": "cart", "pod": f"cart-5d4f8c7b9-x2x{pod}k"}
            for name in METRICS
            for pod in "ab"
        ]
        self.slots, _ = self.members.place(labels, [how for how in METRICS.values() for _ in "ab"])
        self.rng, self.row = np.random.default_rng(5), 0
        for _ in range(2):
            values = self.rows(DAY_ROWS)
            self.demand.learn(self.times(DAY_ROWS), values, self.slots, self.members)
            self.row += DAY_ROWS

    def times(self, rows: int) -> npt.NDArray[np.int64]:
        return STEP_MS * (self.row + np.arange(rows, dtype=np.int64))

    def rows(self, number: int) -> Values:
        asked = 20 + 15 * np.sin(2 * np.pi * (self.row + np.arange(number)) / DAY_ROWS)
        levels = np.stack([asked, 0.1 + 0.02 * asked, 60 + asked, 0.01 * self.rng.random(number)])
        noise = 1 + 0.05 * self.rng.normal(size=(8, number))
        return (np.repeat(levels, 2, axis=0) * noise).astype(np.float32)

    def tick(self, values: Values, warming: bool = False) -> Demand:
        whole = np.full((len(self.members), values.shape[1]), np.nan, dtype=np.float32)
        whole[self.slots] = values
        asked, _ = requests_of(values, self.slots, self.members)
        columns = Columns(self.times(values.shape[1]), whole)
        self.row += values.shape[1]
        return self.demand.update(columns, self.members, asked, np.full(len(whole), warming))

    def many(self, ticks: int, **times: float) -> list[list[str]]:
        """The metrics that are above their line tick by tick, where these are so many times the usual."""
        found = []
        for _ in range(ticks):
            values = self.rows(2)
            for k, name in enumerate(METRICS):
                values[2 * k : 2 * k + 2] *= times.get(name, 1.0)
            above = self.tick(values).above
            found.append([self.members.labels[slot]["__name__"] for slot in above.slots.tolist()])
        return found


CPU, FILES, THROTTLED = list(METRICS)[1:]


def test_what_requests_do_not_explain_is_above_the_line() -> None:
    assert Shop().many(8, **{CPU: 1.5})[5:] == [[CPU]] * 3
    assert Shop().many(8, **{FILES: 1.5})[5:] == [[FILES]] * 3


def test_a_day_that_swings_and_more_requests_are_explained() -> None:
    shop = Shop()
    assert not any(shop.many(DAY_ROWS // 2))
    assert not any(shop.many(20, http_requests_total=1.3, **{CPU: 1.2}))


def test_lone_rows_and_time_that_is_waited_for_say_nothing() -> None:
    shop = Shop()
    assert not any(shop.many(2, **{CPU: 5.0}) + shop.many(10))
    assert not any(shop.many(10, **{THROTTLED: 50.0}))


def test_a_part_that_was_just_started_is_left_out() -> None:
    shop = Shop()
    hot = shop.rows(20)
    hot[2:4] *= 3
    assert not len(shop.tick(hot, warming=True).above)


def test_what_is_held_is_not_learned_and_what_is_settled_is_usual() -> None:
    shop, cart = Shop(), np.array([True])
    shop.demand.hold(cart)
    assert shop.many(400, **{CPU: 1.5})[-1] == [CPU]
    shop.demand.hold(~cart)
    shop.demand.settle(cart)
    assert not any(shop.many(20, **{CPU: 1.5}))


def test_a_restored_one_goes_on() -> None:
    shop, other = Shop(), Shop()
    other.demand = DemandWatch(STEP_MS)
    other.demand.restore(shop.demand.snapshot())
    assert other.many(8, **{CPU: 1.5}) == shop.many(8, **{CPU: 1.5})


@pytest.mark.parametrize(("muted", "counts"), [("", True), (CPU, False)])
def test_what_is_muted_counts_for_nothing(muted: str, counts: bool) -> None:
    shop = Shop()
    shop.many(6, **{CPU: 1.5})
    values = shop.rows(2)
    values[2:4] *= 1.5
    above, nobody = shop.tick(values).above, np.empty(0, dtype=np.int64)
    muting = Muting([Mute(kind="metric", value=muted)] if muted else [])
    evidence = entity_evidence(above.take(nobody), shop.members, nobody, muting, demand=above)
    assert bool(evidence.far[0] > 5) == counts
    assert float(evidence.total[0]) == 0.0
