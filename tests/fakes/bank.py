"""A bank of a watched cluster that says what a test tells it to, and remembers what it was given."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mark, Mute
from patternwatch.streams.agents.watches.services import Bank, Banks
from patternwatch.watch.episodes.observation import Observation


@dataclass
class FakeBank:
    """Says `say(at_ms)`; `times` are the rows that it has seen, `learned` those that it was taught."""

    say: Callable[[int], Observation]
    times: list[int] = field(default_factory=list)
    learned: list[int] = field(default_factory=list)
    categories: Collection[str] = ()
    has_history: bool = True

    def learn(self, batch: SeriesBatch) -> None:
        self.learned += batch.times.tolist()

    def observe(
        self, batch: SeriesBatch, at_ms: int, muted: Sequence[Mute] = (), marks: tuple[Mark, ...] = ()
    ) -> Observation:
        newest = max(self.learned + self.times, default=0)
        self.times += [t for t in batch.times.tolist() if t > newest]
        return replace(self.say(at_ms), at_ms=int(batch.times[-1]))

    def snapshot(self) -> bytes:
        return b"".join([len(self.learned).to_bytes(4, "big"), np.array(self.learned + self.times).tobytes()])


@dataclass
class FakeBanks:
    """Makes banks that all say the same; `made` are those that began from nothing, `restored` the others."""

    say: Callable[[int], Observation] = Observation
    made: list[FakeBank] = field(default_factory=list)
    restored: list[FakeBank] = field(default_factory=list)

    @property
    def banks(self) -> Banks:
        return Banks(self._new, self._restore)

    @property
    def last(self) -> FakeBank:
        return (self.restored or self.made)[-1]

    def _say(self, at_ms: int) -> Observation:
        return self.say(at_ms)

    def _new(
        self, _settings: AnalysisSettings, _step_ms: int, _budget: float, categories: Collection[str]
    ) -> FakeBank:
        self.made.append(FakeBank(self._say, categories=categories))
        return self.made[-1]

    def _restore(self, data: bytes, _settings: AnalysisSettings, categories: Collection[str]) -> FakeBank:
        if len(data) < 4:
            raise ValueError("a snapshot of no bank")
        rows, learned = np.frombuffer(data[4:], np.int64).tolist(), int.from_bytes(data[:4], "big")
        self.restored.append(FakeBank(self._say, rows[learned:], rows[:learned], categories))
        return self.restored[-1]


_bank: Bank = FakeBank(Observation)
