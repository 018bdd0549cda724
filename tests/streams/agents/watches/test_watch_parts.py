"""A watch of each cluster: its parts come and go with the values of its label."""

import dataclasses
from pathlib import Path

import pytest

from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import SourceUnavailableError, WatchError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.series import Window
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import WATCH_DEFINITIONS, WATCH_STATES
from patternwatch.contracts.watches import MAX_WATCHES, Mark, Mute, Watch
from patternwatch.cortex.partial_answers import tell
from patternwatch.streams.agents.watches.parts import WatchParts
from patternwatch.streams.state.watch_book import Watches
from tests.fakes.clock import NOW_MS
from tests.fakes.live_source import LiveSource
from tests.fakes.messages import TENANT
from tests.fakes.publisher import FakePublisher
from tests.fakes.source import FakeSource
from tests.streams.agents.watches.test_watcher import MINUTE, TICK_MS, WATCH, WatcherHarness, opens

WHOLE = Watch(tenant=TENANT, name="all", selector='{cluster=~"e.*"}', each="cluster", interval_s=60)
DAY_MS = 86_400_000


class Clusters(FakeSource):
    """Lists the values that a test says, or fails."""

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names: list[str] = list(names)
        self.leaves_out = ""
        self.asked: list[tuple[str, Matchers, str, Window]] = []

    async def values(self, tenant: str, matchers: Matchers, label: str, window: Window) -> list[str]:
        self._answer()
        self.asked.append((tenant, matchers, label, window))
        if self.leaves_out:
            tell(self.leaves_out)
        return self.names


class Parts:
    """The parts as a worker makes them: what it publishes comes back to it through the topic."""

    def __init__(self, *names: str) -> None:
        self.source, self.publisher = Clusters(*names), FakePublisher()
        self.book = Watches([], [TENANT])
        self.parts = WatchParts(self.source, self.publisher, self.book, 30_000)
        self._read = 0
        self.publisher.sent.append((WATCH_DEFINITIONS, b"a/all", WHOLE.model_dump_json().encode()))
        self._take()

    def _take(self) -> int:
        new = [sent for sent in self.publisher.sent[self._read :] if sent[0] is WATCH_DEFINITIONS]
        for offset, (_, key, value) in enumerate(new, self._read):
            self.book.apply(key, value, offset)
        self._read = len(self.publisher.sent)
        return len(new)

    async def refresh(self, at_ms: int = NOW_MS) -> int:
        """How many definitions it has written."""
        whole = self.book.of(TENANT, "all")
        assert whole is not None
        await self.parts.refresh(whole, at_ms)
        return self._take()

    def put(self, watch: Watch) -> None:
        self.publisher.sent.append(
            (WATCH_DEFINITIONS, f"{TENANT}/{watch.name}".encode(), watch.model_dump_json().encode())
        )
        self._take()

    def part(self, name: str) -> Watch:
        found = self.book.of(TENANT, name)
        assert found is not None
        return found

    @property
    def names(self) -> list[str]:
        return sorted(watch.name for watch in self.book.all() if watch.part_of)


async def test_each_value_is_watched_once_and_a_new_one_from_then_on() -> None:
    parts = Parts("eu-1", "eu-2")
    assert await parts.refresh() == 2
    assert parts.names == ["all.eu-1", "all.eu-2"]
    assert parts.part("all.eu-1").selector == '{cluster="eu-1"}'
    assert await parts.refresh() == 0, "nothing is written where nothing changed"
    parts.source.names.append("eu/3")
    assert await parts.refresh() == 1
    ((tenant, _, label, window), *_) = parts.source.asked
    assert (tenant, label, window.end_ms - window.start_ms) == (TENANT, "cluster", DAY_MS)


async def test_a_value_without_a_sample_for_a_day_is_watched_no_more() -> None:
    parts = Parts("eu-1", "eu-2")
    await parts.refresh()
    parts.source.names.remove("eu-2")
    parts.source.leaves_out = "a store is down"
    await parts.refresh()
    assert parts.names == ["all.eu-1", "all.eu-2"], "what is not listed then may be there"
    parts.source.leaves_out = ""
    await parts.refresh()
    assert parts.names == ["all.eu-1"]
    forgotten = [key for topic, key, value in parts.publisher.sent if topic is WATCH_STATES and value is None]
    assert forgotten == [b"a/all.eu-2"]


async def test_a_part_follows_its_whole_and_keeps_what_is_its_own() -> None:
    parts = Parts("eu-1")
    await parts.refresh()
    own = Mute(kind="entity", value="batch")
    parts.put(parts.part("all.eu-1").model_copy(update={"mutes": (own,), "changed_at_ms": NOW_MS + 5}))
    assert await parts.refresh() == 0
    of_all, mark = Mute(kind="metric", value="up"), Mark(entity="cart", verdict="noise")
    parts.put(WHOLE.model_copy(update={"interval_s": 30.0, "mutes": (of_all,), "marks": (mark,)}))
    assert await parts.refresh(NOW_MS) == 1
    part = parts.part("all.eu-1")
    assert (part.interval_s, part.mutes, part.marks, part.paused) == (30.0, (own, of_all), (mark,), False)
    made = parts.book.made(TENANT, "all.eu-1")
    assert made is not None
    assert made.mutes == (own,)
    assert made.changed_at_ms == NOW_MS + 6, "later than what a person changed, whatever the clocks say"
    parts.put(WHOLE.model_copy(update={"paused": True}))
    assert parts.part("all.eu-1").paused


async def test_somebody_elses_watch_of_that_name_is_left_alone() -> None:
    parts = Parts("eu-1")
    parts.put(Watch(tenant=TENANT, name="all.eu-1", selector="up"))
    assert await parts.refresh() == 0
    assert parts.part("all.eu-1").selector == "up"


@pytest.mark.parametrize(
    ("names", "words"), [((), "has a label cluster"), (map(str, range(MAX_WATCHES + 1)), "1,001 values")]
)
async def test_none_or_too_many_are_refused_and_end_nothing(names: tuple[str, ...], words: str) -> None:
    parts = Parts("eu-1")
    await parts.refresh()
    parts.source.names = list(names)
    with pytest.raises(WatchError, match=words):
        await parts.refresh()
    assert parts.names == ["all.eu-1"]


async def test_a_source_that_lists_no_values_says_so() -> None:
    parts = Parts()
    with pytest.raises(WatchError, match="lists no values"):
        await dataclasses.replace(parts.parts, source=LiveSource(Path())).refresh(WHOLE, NOW_MS)


async def test_the_watcher_divides_at_each_tick_and_says_into_what() -> None:
    harness = WatcherHarness()
    source = Clusters("eu-1")
    harness.watcher = dataclasses.replace(
        harness.watcher, parts=dataclasses.replace(harness.watcher.parts, source=source)
    )
    harness.book.put(WHOLE)
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="all", at_ms=TICK_MS))
    (part,) = harness.harness.publisher.on(WATCH_DEFINITIONS)
    assert (part.name, part.part_of) == ("all.eu-1", "all")
    assert (harness.states[-1].condition, harness.states[-1].reason) == (
        "divided", "1 value of cluster, each a watch by itself: eu-1",
    )  # fmt: skip
    source.errors = [SourceUnavailableError("Cortex is away")]
    await harness.watcher.on_tick(Tick(tenant=TENANT, watch="all", at_ms=TICK_MS + MINUTE))
    assert harness.states[-1].condition == "blind"
    assert harness.skipped("source") == 1


async def test_a_watch_that_is_divided_ends_the_episode_that_it_had_as_one() -> None:
    harness = WatcherHarness()
    await harness.tick(0)
    await harness.tick(1, opens())
    assert harness.episode.open
    harness.book.put(WATCH.model_copy(update={"each": "cluster"}))
    await harness.watcher.turn()
    assert not harness.episode.open
    assert list(harness.watcher.kept) == []


async def test_so_does_one_that_was_divided_while_nobody_had_it() -> None:
    first = WatcherHarness()
    await first.tick(0)
    await first.tick(1, opens())
    second = WatcherHarness(before=first)
    second.harness.clock.now += 3600
    second.book.put(WATCH.model_copy(update={"each": "cluster"}))
    await second.watcher.close_left()
    assert not second.episode.open


async def test_parts_of_a_watch_that_has_ended_end_with_it() -> None:
    harness = WatcherHarness()
    harness.book.put(WHOLE)
    harness.book.put(Watch(tenant=TENANT, name="all.eu-1", selector="up", part_of="all"))
    await harness.watcher.end_left_parts()
    assert harness.harness.publisher.sent == []
    del harness.book.watches[TENANT, "all"]
    await dataclasses.replace(harness.watcher, owns=lambda _: False).end_left_parts()
    assert harness.harness.publisher.sent == [], "another worker's"
    await harness.watcher.end_left_parts()
    sent = [(topic, key, value) for topic, key, value in harness.harness.publisher.sent]
    assert sent == [(WATCH_DEFINITIONS, b"a/all.eu-1", None), (WATCH_STATES, b"a/all.eu-1", None)]


def test_an_old_record_is_of_one_watch() -> None:
    old = b'{"schema_version":2,"tenant":"a","name":"shop","selector":"up"}'
    assert (decode(old, Watch).each, decode(old, Watch).part_of) == ("", "")
