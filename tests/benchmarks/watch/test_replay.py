"""The product, fed by the benchmark, sees a service that is killed, and nothing before it."""

from itertools import islice

import numpy as np

from benchmarks.watch.faults import Fault
from benchmarks.watch.generated import GeneratedCluster
from benchmarks.watch.metrics import DAY_ROWS, START_MS, STEP_MS
from benchmarks.watch.recorded import FOLDERS, KEPT_ROWS, replay, ticks_of
from benchmarks.watch.replay import TICK_ROWS, Replay
from benchmarks.watch.sharp import seen_of
from benchmarks.watch.topology import drawn
from patternwatch.contracts.series import SeriesBatch

SERIES, SEED = 200, 5
KILLED_ROW, TICKS = DAY_ROWS + 30, 22


def test_a_killed_service_opens_within_three_ticks_and_is_named() -> None:
    of = drawn(SERIES, SEED)
    service = int(np.argmax(np.where(of.replicas > 1, of.rate, 0)))
    fault = Fault(KILLED_ROW, service, "kill", 2.0, 40)
    cluster = GeneratedCluster(SERIES, SEED, [fault])
    replay, days = Replay(cluster), cluster.days(2)
    replay.learn(next(days), is_coarse=False)
    ticks = list(islice(replay.judge(next(days)), TICKS))
    assert [tick.row for tick in ticks[:2]] == [DAY_ROWS, DAY_ROWS + TICK_ROWS]
    assert not any(tick.observation.not_judged for tick in ticks)
    seen = seen_of(fault, True, ticks, DAY_ROWS)
    assert seen.within(3)
    assert not seen.busy
    assert sum(tick.observation.opening is not None for tick in ticks) == 1


class Recorder:
    """Takes what it is fed with, and says nothing."""

    def __init__(self) -> None:
        self.learned: list[SeriesBatch] = []
        self.seen: list[SeriesBatch] = []

    def learn(self, batch: SeriesBatch) -> None:
        self.learned.append(batch)

    def observe(self, batch: SeriesBatch, at_ms: int) -> None:
        assert at_ms == int(batch.times[-1])
        self.seen.append(batch)


def test_a_recording_is_fed_as_a_tail_would_be() -> None:
    rows, learned = 100, 60
    times = START_MS + STEP_MS * np.arange(rows, dtype=np.int64)
    values = np.ones((3, rows))
    values[1, 70:] = np.nan  # it ends
    values[2, :80] = np.nan  # it begins
    labels = [{"__name__": name} for name in ("stays", "ends", "begins")]
    recorder = Recorder()
    ticks = list(ticks_of(recorder, SeriesBatch(labels, times, values, [""] * 3), learned))  # type: ignore[arg-type]
    assert len(recorder.learned) == 1
    history = recorder.learned[0]
    assert [one["__name__"] for one in history.labels] == ["stays", "ends"]
    assert int(history.times[-1]) == int(times[learned - 1])
    names = {t.row: [one["__name__"] for one in b.labels] for t, b in zip(ticks, recorder.seen, strict=True)}
    assert names[learned] == ["stays", "ends"]
    assert names[70 + KEPT_ROWS - TICK_ROWS] == ["stays", "ends"]
    assert names[70 + KEPT_ROWS] == ["stays", "begins"]
    assert max(names) == rows - TICK_ROWS


def test_a_recorded_incident_is_named_by_its_report() -> None:
    found = replay(FOLDERS[0] / "postgres-table-lock.parquet")
    assert (found.ticks, found.opened, found.place) == (1, 1, 1)
    assert found.shown > 3, "the live view shows who waits for it first"
