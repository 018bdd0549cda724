"""Two workers watch a shop that a real Prometheus scrapes; one after the other is killed, every twenty rows.

At the usual step of 15 s twenty rows are five minutes, and the 240 rows of the run an hour. Here a row comes
every two seconds, so that a worker that starts anew misses three rows where it would miss none.
"""

import asyncio
import json
import random
import signal
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.faults.cluster import Cluster
from benchmarks.output import Result, progress
from benchmarks.watch.live_prometheus import SERVICES, Shop, Trouble, live_prometheus
from patternwatch.contracts.codec import decode
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import REPORTS
from patternwatch.kafka.clients import consumer
from patternwatch.kafka.topics import ensure_topics, topic_name

STEP_S, TICK_ROWS = 2, 2
ROWS, KILL_ROWS = 240, 20
TROUBLE_ROWS, TROUBLES = 26, 3
QUIET_ROWS = 30
"""At least between two troubles: an episode is over after ten quiet ticks."""
TENANT = "default"
WORKERS = ("worker0", "worker1")
_START_S = 180.0
_CLOSED_S = 120.0
"""So long after the last trouble every episode must be over, and its last report out."""
_EARLY_MS = 2 * TICK_ROWS * STEP_S * 1000
"""An episode's beginning is seen in rows: it may be told so much before its trouble."""
SETTINGS = {
    "TENANTS": json.dumps([{"id": TENANT}]),
    "KAFKA__PARTITIONS": "2",
    "ANALYSIS__STEP_MS": str(STEP_S * 1000),
    "SESSION_TIMEOUT_S": "3",
    "WATCHES": json.dumps(
        [
            {
                "name": "shop",
                "tenant": TENANT,
                "selector": '{cluster="shop"}',
                "interval_s": TICK_ROWS * STEP_S,
                "history_days": 0.04,
            }
        ]
    ),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A report of the watch: its revisions, in the order of their publication."""

    revisions: Sequence[Report]

    @property
    def last(self) -> Report:
        """The last one."""
        return self.revisions[-1]

    @property
    def since_ms(self) -> int:
        """When its trouble began, as its first revision says."""
        episode = self.revisions[0].episode
        return episode.since_ms if episode else 0

    @property
    def is_over(self) -> bool:
        """Whether its last revision says that the trouble is over."""
        return self.last.episode is not None and self.last.episode.ended_ms is not None

    def is_of(self, trouble: Trouble) -> bool:
        """Whether it began while this trouble lasted."""
        return 1000 * trouble.begin_s - _EARLY_MS <= self.since_ms < 1000 * trouble.end_s


def failover(seed: int) -> tuple[Result, list[Result]]:
    """Run it: see `judged`."""
    with live_prometheus(STEP_S) as (url, shop), tempfile.TemporaryDirectory() as folder:
        kills, seen = asyncio.run(_run(url, shop, Path(folder), random.Random(seed)))
        return judged(shop.troubles, seen, kills)


def judged(troubles: Sequence[Trouble], seen: Sequence[Seen], kills: int) -> tuple[Result, list[Result]]:
    """Figures, and a row for each trouble and each report that is of none."""
    rows = [_row(trouble, seen) for trouble in troubles]
    false = [one for one in seen if not any(one.is_of(trouble) for trouble in troubles)]
    lost = sum(not row["reports"] for row in rows)
    second = sum(row["reports"] - 1 for row in rows if row["reports"])
    left_open = sum(not one.is_over for one in seen)
    figures = {
        "failover_wrong": lost + second + len(false) + left_open,
        "failover_lost": lost,
        "failover_second": second,
        "failover_false": len(false),
        "failover_left_open": left_open,
        "failover_unnamed": sum(bool(row["reports"]) and row["first"] != row["service"] for row in rows),
        "failover_kills": kills,
    }
    extra = [{"service": "", "reports": 1, "first": _first(one), "over": one.is_over} for one in false]
    return figures, rows + extra


def _row(trouble: Trouble, seen: Iterable[Seen]) -> Result:
    own = [one for one in seen if one.is_of(trouble)]
    opened = min((one.revisions[0].published_at_ms or 0 for one in own), default=None)
    late_s = None if opened is None else opened / 1000 - trouble.begin_s
    return {
        "service": trouble.service,
        "reports": len(own),
        "first": _first(own[0]) if own else "",
        "over": all(one.is_over for one in own),
        "ticks": None if late_s is None else round(late_s / (TICK_ROWS * STEP_S), 1),
    }


def _first(seen: Seen) -> str:
    entities = seen.last.entities
    return entities[0].entity if entities else ""


async def _run(url: str, shop: Shop, folder: Path, rng: random.Random) -> tuple[int, list[Seen]]:
    """How many workers were killed, and what the watch reported."""
    cluster = Cluster(folder, SETTINGS | {"SOURCE__URL": url, "WATCH_STATE": str(folder / "state")})
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(cluster)
        kafka = KafkaSettings(bootstrap=cluster.kafka.bootstrap, partitions=2)
        for name in WORKERS:
            own = cluster.members[name]
            own.settings = {**own.settings, "KAFKA__BOOTSTRAP": kafka.bootstrap}  # past the lab's proxy
        await ensure_topics(kafka)
        await asyncio.to_thread(cluster.compile)
        stack.push_async_callback(cluster.leave_all)
        for name in WORKERS:
            cluster.start(name)
        await _until_watched(cluster)
        supervised = asyncio.create_task(cluster.supervise())
        stack.callback(supervised.cancel)
        shop.troubles = troubles_from(time.time(), rng)
        kills = await _kill_in_turn(cluster)
        return kills, await _reports(kafka, shop.troubles[-1].end_s + _CLOSED_S)


def troubles_from(now_s: float, rng: random.Random) -> list[Trouble]:
    """One service after the other, spread over the run."""
    apart = ROWS // TROUBLES
    begins = [n * apart + rng.randrange(10, apart - TROUBLE_ROWS - QUIET_ROWS + 10) for n in range(TROUBLES)]
    hurt = rng.sample(SERVICES, TROUBLES)
    return [
        Trouble(now_s + begin * STEP_S, now_s + (begin + TROUBLE_ROWS) * STEP_S, service)
        for begin, service in zip(begins, hurt, strict=True)
    ]


async def _until_watched(cluster: Cluster) -> None:
    until = time.monotonic() + _START_S
    while not any("watch.begun" in cluster.log(name).read_text(errors="replace") for name in WORKERS):
        if time.monotonic() > until:
            raise SystemExit(f"no worker has begun to watch within {_START_S:.0f} s")
        await asyncio.sleep(0.5)


async def _kill_in_turn(cluster: Cluster) -> int:
    kills = 0
    for _ in range(ROWS // KILL_ROWS):
        await asyncio.sleep(KILL_ROWS * STEP_S)
        name = WORKERS[kills % len(WORKERS)]
        progress(f"killing {name}")
        cluster.signal(name, signal.SIGKILL)
        kills += 1
    return kills


async def _reports(kafka: KafkaSettings, until_s: float) -> list[Seen]:
    """All reports of the watch, read until each is over, or until this time."""
    found: dict[str, list[Report]] = defaultdict(list)
    reader = consumer(kafka, "bench", topic_name(kafka, REPORTS))
    await reader.start()
    try:
        while time.time() < until_s:
            for records in (await reader.getmany(timeout_ms=500)).values():
                for record in records:
                    report = decode(record.value, Report)
                    found[report.report_id].append(report)
            if len(found) >= TROUBLES and all(Seen(own).is_over for own in found.values()):
                break
    finally:
        await reader.stop()
    return [Seen(own) for own in found.values()]
