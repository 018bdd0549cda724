"""A watched cluster: rows in, what opens and what is over out. Pure: the time comes with the rows."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from patternwatch.compiled import Integers
from patternwatch.contracts.arrays import Floats32, as_float32
from patternwatch.contracts.instants import instant
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mark, Mute
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.bank.bank import TICK_ROWS
from patternwatch.watch.episodes.evidence import EntityEvidence
from patternwatch.watch.episodes.observation import EpisodePart, Observation, Opening, SeenEntity
from patternwatch.watch.episodes.replay import Replay
from patternwatch.watch.episodes.seen import seen_entities
from patternwatch.watch.episodes.step import Opened
from patternwatch.watch.history.half_minutes import HalfMinutes
from patternwatch.watch.history.history_rows import rows_at_the_step
from patternwatch.watch.judge import Judge, Judged
from patternwatch.watch.losses.loss_words import losses_in_words
from patternwatch.watch.members.new_parts import new_parts
from patternwatch.watch.rooms import Rooms
from patternwatch.watch.stated.fact_words import facts_in_words

LEAST_REPLAYED = 48
"""Blocks of history at the step from which on a learned row says how far noise goes: a day of half hours."""
TOO_SHORT = "no series has an hour and a half of history yet: wait, or let it learn from the source"
"""Three blocks of half an hour."""
NO_WORDS = "its series are not as their own history has them"
_NOBODY = np.empty(0, dtype=np.int64)


class ClusterWatch:
    """All that is kept of one cluster.

    settings              how categories and entities are read
    step_ms               between two rows of the source; finer ones than half a minute are put together
    false_reports_a_week  the budget that the bar is set from
    categories            the only metric categories that are judged; all where empty

    >>> watch = ClusterWatch(AnalysisSettings(), step_ms=30_000)
    >>> labels = [{"__name__": "queue_length", "service": "cart"}]
    >>> batch = SeriesBatch(labels, 30_000 * np.arange(1, 5), np.ones((1, 4)), [""])
    >>> watch.observe(batch, at_ms=120_000).not_judged
    'no series has an hour and a half of history yet: wait, or let it learn from the source'
    >>> watch.observe(batch, at_ms=180_000).not_judged
    'no row is newer than 1970-01-01T00:02:00Z'
    """

    def __init__(
        self,
        settings: AnalysisSettings,
        step_ms: int,
        false_reports_a_week: float = 1.0,
        categories: Collection[str] = (),
    ) -> None:
        self._go_on(Rooms(settings, step_ms, false_reports_a_week), categories)

    def _go_on(self, rooms: Rooms, categories: Collection[str]) -> None:
        self.step_ms, self.rooms = rooms.step_ms, rooms
        self._rows = HalfMinutes(rooms.source_step_ms)
        self._judge = Judge(rooms, categories)
        self._replay = Replay(rooms.peaks)
        self._is_learning = False

    @property
    def has_history(self) -> bool:
        """Whether there is a series that it can judge."""
        return not self.rooms.bank.is_learning

    @property
    def bytes_per_series(self) -> float:
        """Bytes of all arrays, those by entity too, per slot; labels are those of the source."""
        return self.rooms.bytes_per_series

    def learn(self, batch: SeriesBatch) -> None:
        """Take history from the source, at the step or a multiple of it; older rows first.

        A coarser row stands for the rows of its time. Raises ValueError where its step is no multiple.
        """
        rooms, members, self._is_learning = self.rooms, self.rooms.members, True
        batch = self._rows.take(batch)
        if not len(batch.times):
            return
        slots, begun = members.place(batch.labels, batch.derivation)
        rooms.bank.begin(begun, members)
        times, values, each = rows_at_the_step(batch, self.step_ms)
        returns = rooms.presence.learn(batch.times, values[:, each - 1 :: each], slots, members)
        rooms.losses.learn(times, values, slots, members, each)
        rooms.demand.learn(times, values, slots, members)
        restarted = {row: rooms.slots_of(pods) for row, pods in returns.items()}
        at_once = max(TICK_ROWS, each)
        for row, suspects in rooms.bank.learn(times, values, slots, members, at_once, restarted):
            if each == 1 and rooms.bank.fine_blocks >= LEAST_REPLAYED:
                self._replay.add(row * self.step_ms, suspects, members)

    def observe(
        self, batch: SeriesBatch, at_ms: int, muted: Sequence[Mute] = (), marks: tuple[Mark, ...] = ()
    ) -> Observation:
        """Judge the rows that are new; rows seen before are ignored by their times, but for late samples.

        at_ms  when the tick is
        muted  what shows and counts for nothing, while it is not over
        marks  what people said of what it opened before
        """
        self._judge.heed(tuple(mute for mute in muted if mute.counts_at(at_ms)), marks)
        bank, members = self.rooms.bank, self.rooms.members
        batch = self._rows.take(batch)
        new = batch.times // self.step_ms > bank.newest_row
        if not new.any():
            return self._unjudged(at_ms, f"no row is newer than {instant(bank.newest_row * self.step_ms)}")
        self._finish_learning()
        slots, begun = members.place(batch.labels, batch.derivation)
        values = as_float32(batch.values)
        known = ~np.isin(slots, begun) if len(begun) else slice(None)  # of who is new nothing is late
        bank.fill(batch.times, values[known], slots[known])
        whole = np.full((len(members), int(new.sum())), np.nan, dtype=np.float32)
        whole[slots] = values[:, new]
        said = new_parts(begun, members) if bank.newest_row >= 0 else ()
        return self._judged(batch.times[new], whole, begun, said)

    def snapshot(self) -> bytes:
        """All that is kept, to go on elsewhere."""
        self._finish_learning()
        return self.rooms.snapshot()

    @classmethod
    def restore(
        cls, data: bytes, settings: AnalysisSettings, categories: Collection[str] = ()
    ) -> "ClusterWatch":
        """The watch of a snapshot; raises ValueError where it is of another version or broken."""
        watch = cls.__new__(cls)
        watch._go_on(Rooms.restore(data, settings), categories)
        return watch

    def _finish_learning(self) -> None:
        if self._is_learning:
            self.rooms.bank.finish_learning(self.rooms.members)
            self._replay.finish()
            self._is_learning = False

    def _judged(self, times: Integers, values: Floats32, begun: Integers, said: Iterable[str]) -> Observation:
        opening, over, no_data = None, list[str](), ""
        evidence: EntityEvidence | None = None
        names, trigger = self.rooms.members.names, self.rooms.trigger
        for at in range(0, len(times), TICK_ROWS):
            chunk = slice(at, at + TICK_ROWS)
            new, ahead = begun if at == 0 else _NOBODY, max(len(times) - at - TICK_ROWS, 0)
            judged = self._judge.tick(Columns(times[chunk], values[:, chunk], new, ahead))
            if isinstance(judged, str):
                no_data = judged
                continue
            no_data, evidence, step = "", judged.evidence, judged.step
            over += [names[entity] for entity in step.over]
            if step.opened and opening is None:
                opening = self._opening(step.opened, judged)
        open_now = {names[entity] for entity in trigger.causes}
        return Observation(
            at_ms=int(times[-1]),
            opening=opening,
            open_goes_on=bool(open_now - ({opening.entity} if opening else set())),
            over=tuple(over),
            entities=() if evidence is None else self._seen(evidence),
            not_judged=TOO_SHORT if self.rooms.bank.is_learning else no_data,
            said=tuple(said),
            suspects=0 if evidence is None else len(evidence.suspects),
            bar=trigger.bar,
            parts=() if no_data else self._parts(),
        )

    def _parts(self) -> tuple[EpisodePart, ...]:
        """Who takes part in what is open."""
        names, found = self.rooms.members.names, list[EpisodePart]()
        for cause, part in self.rooms.trigger.taking_part.items():
            members = tuple((names[one], ms) for one, ms in zip(part.entities, part.since_ms, strict=True))
            found.append(
                EpisodePart(names[cause], members, tuple(names[one] for one in part.gone), part.height)
            )
        return tuple(found)

    def _opening(self, opened: Opened, judged: Judged) -> Opening:
        name = self.rooms.members.names[opened.entity]
        words = facts_in_words(judged.facts, opened.entity, self.rooms.members, self.rooms.bank.level)
        words += [
            series.sentence
            for seen in self._seen(judged.evidence)
            if seen.name == name
            for series in seen.series
        ]
        words += losses_in_words(self.rooms.losses.memory, judged.losses, opened.entity)
        words += [*judged.demand.sentences(opened.entity, self.rooms.members), NO_WORDS]
        why = opened.why or words[0]
        return Opening(name, opened.since_ms, opened.score, f"{name}: {why}")

    def _seen(self, evidence: EntityEvidence) -> tuple[SeenEntity, ...]:
        bank, members = self.rooms.bank, self.rooms.members
        brief = bank.brief
        brief = brief.take(~self._judge.muting.of_suspects(brief, members))
        return seen_entities(evidence, self.rooms.trigger, members, bank.level, brief, bank.now)

    def _unjudged(self, at_ms: int, why: str) -> Observation:
        trigger = self.rooms.trigger
        return Observation(at_ms, open_goes_on=trigger.is_open, not_judged=why, bar=trigger.bar)
