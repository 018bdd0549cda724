"""A real bank over a live source: it sees a trouble, and goes on from its snapshot in the middle of one."""

import asyncio
import time
from pathlib import Path

import numpy as np

from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import make_watch
from patternwatch.streams.agents.watches.history import WatchHistory
from patternwatch.streams.agents.watches.room import WatchRoom
from patternwatch.streams.agents.watches.services import Banks, WatchServices
from patternwatch.streams.agents.watches.watched_cluster import WatchedCluster
from patternwatch.streams.state.watch_snapshots import SnapshotFolder
from patternwatch.watch.episodes.observation import Observation
from tests.fakes.live_source import STEP_MS, LiveSource
from tests.streams.agent_harness import THREADS

HISTORY_DAYS = 0.01
WATCH = make_watch("a", "shop", '{cluster="shop"}', interval_s=2, history_days=HISTORY_DAYS)


class Counting(LiveSource):
    """Counts the rows that are read."""

    rows = 0
    has_samples = True

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        if not self.has_samples:
            times = np.arange(window.start_ms, window.end_ms + 1, window.step_ms)
            return SeriesBatch([], times, np.empty((0, len(times))), [])
        return await super().fetch(tenant, matchers, window)

    async def samples(self, *args: object) -> object:  # type: ignore[override]
        raw = await super().samples(*args)  # type: ignore[arg-type]
        self.rows += len(raw.timestamps) // max(len(raw), 1)
        return raw


def cluster_over(source: LiveSource, folder: Path) -> WatchedCluster:
    services = WatchServices(
        source=source,
        turn=asyncio.Semaphore(1),
        history=WatchHistory(source, asyncio.Semaphore(1), lambda: False, 10.0),
        threads=THREADS,
        snapshots=SnapshotFolder(folder, "http://prometheus:9090"),
        settings=AnalysisSettings(step_ms=STEP_MS),
        banks=Banks(),
        room=WatchRoom(1000),
    )
    return WatchedCluster(WATCH, services)


async def observed(cluster: WatchedCluster, first_ms: int, ticks: int) -> list[Observation]:
    found = [await cluster.observe(first_ms + 2000 * n) for n in range(ticks)]
    return [observation for observation in found if observation is not None]


async def test_a_trouble_opens_once_and_a_restart_in_the_middle_opens_nothing_again(tmp_path: Path) -> None:
    now = time.time_ns() // 1_000_000
    began_ms = now - 120_000
    fault = tmp_path / "fault"
    fault.write_text(f"{began_ms} {now - 60_000}")
    source = Counting(fault)
    first = cluster_over(source, tmp_path / "state")
    await first.take_over(began_ms - 20_000, ())
    learned = source.rows
    assert learned >= 0.9 * HISTORY_DAYS * 86_400
    quiet = await observed(first, began_ms - 20_000, 10)
    loud = await observed(first, began_ms, 15)
    assert not any(observation.opening for observation in quiet)
    assert not any(observation.not_judged for observation in quiet)
    (opening,) = [observation.opening for observation in loud if observation.opening]
    assert opening.entity == "cart"
    assert abs(opening.since_ms - began_ms) <= 10_000
    assert loud[-1].open_goes_on
    assert source.rows - learned < 25 * 20, "a tick reads what is new"
    await first.save()

    source.rows = 0
    second = cluster_over(source, tmp_path / "state")
    await second.take_over(began_ms + 40_000, ())
    assert source.rows == 0, "nothing is learned again"
    rest = await observed(second, began_ms + 40_000, 40)
    assert not any(observation.opening for observation in rest)
    assert [observation.over for observation in rest if observation.over] == [("cart",)]
    assert not rest[-1].open_goes_on


async def test_a_snapshot_of_a_bank_that_knew_nothing_is_not_gone_on_from(tmp_path: Path) -> None:
    """It began when the source had nothing yet: what there is by now is learned, not waited for."""
    now = time.time_ns() // 1_000_000
    source = Counting(tmp_path / "fault")
    empty = cluster_over(source, tmp_path / "state")
    source.has_samples = False
    await empty.take_over(now - 60_000, ())
    source.has_samples = True
    assert (await observed(empty, now - 60_000, 3))[-1].not_judged
    await empty.save()

    again = cluster_over(source, tmp_path / "state")
    await again.take_over(now - 40_000, ())
    assert not (await observed(again, now - 40_000, 3))[-1].not_judged
