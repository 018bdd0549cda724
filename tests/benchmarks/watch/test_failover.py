"""What a run with dying workers is judged by."""

import random
from itertools import pairwise

import numpy as np
import pytest

from benchmarks.watch.failover import (
    KILL_ROWS,
    QUIET_ROWS,
    ROWS,
    STEP_S,
    TICK_ROWS,
    TROUBLE_ROWS,
    Seen,
    judged,
    troubles_from,
)
from benchmarks.watch.live_prometheus import METRICS, SERVICES, Shop, Trouble
from patternwatch.contracts.episodes import EpisodeSpan
from tests.fakes.messages import a_report

CART, MAIL = Trouble(1000.0, 1060.0, "cart"), Trouble(1200.0, 1260.0, "mail")


def seen(since_s: float, ended_s: float | None = 1100.0, first: str = "cart") -> Seen:
    begun = EpisodeSpan(entity=first, since_ms=int(1000 * since_s))
    ended_ms = None if ended_s is None else int(1000 * ended_s)
    one = a_report(published_at_ms=int(1000 * (since_s + 8)), episode=begun)
    last = one.model_copy(update={"episode": begun.model_copy(update={"ended_ms": ended_ms})})
    return Seen([one, last])


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        ([seen(1002.0), seen(1202.0)], ""),
        ([seen(1002.0)], "lost"),
        ([seen(1002.0), seen(1030.0), seen(1202.0)], "second"),
        ([seen(1002.0), seen(1120.0), seen(1202.0)], "false"),
        ([seen(1002.0), seen(1202.0, ended_s=None)], "left_open"),
    ],
)
def test_what_is_wrong_is_counted(found: list[Seen], wrong: str) -> None:
    figures, rows = judged([CART, MAIL], found, 12)
    assert figures["failover_wrong"] == bool(wrong)
    kinds = ("lost", "second", "false", "left_open")
    assert [name for name in kinds if figures[f"failover_{name}"]] == [wrong] * bool(wrong)
    assert [row["service"] for row in rows[:2]] == ["cart", "mail"]
    assert rows[0]["ticks"] == round((2.0 + 8.0) / (TICK_ROWS * STEP_S), 1)


@pytest.mark.parametrize("seed", range(20))
def test_troubles_lie_apart_and_outlast_the_time_between_two_deaths(seed: int) -> None:
    troubles = troubles_from(0.0, random.Random(seed))
    assert len({one.service for one in troubles}) == len(troubles)
    assert TROUBLE_ROWS > KILL_ROWS
    assert all(b.begin_s - a.end_s >= QUIET_ROWS * STEP_S for a, b in pairwise(troubles))
    assert troubles[-1].end_s <= ROWS * STEP_S


def test_the_shop_counts_up_and_hurts_one_service_alone() -> None:
    shop = Shop(0.0, [Trouble(100.0, 120.0, "cart")])
    times = np.arange(0.0, 200.0, 2.0)
    lines = [line.split() for line in shop.past(times, 'job="shop"') if line[0] != "#"]
    series: dict[str, list[float]] = {}
    for name, value, _ in lines:
        series.setdefault(name, []).append(float(value))
    assert len(series) == len(METRICS) * len(SERVICES) * 2
    for name, values in series.items():
        if "_total{" in name:
            assert (np.diff(values) >= 0).all()
    hurt = {name for name, values in series.items() if np.mean(values[50:60]) > 3 * np.mean(values[:50])}
    assert {name.split('service="')[1].split('"')[0] for name in hurt if "_total" not in name} == {"cart"}
    assert 'http_requests_total{cluster="shop",service="cart",pod="cart-0"}' in shop.text(130.0)
