"""A watched cluster: rows in, what opens and what is over out. Pure: the time comes with the rows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32, as_float32
from patternwatch.contracts.instants import instant
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.contracts.watches import Mark, Mute
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.arrays.packing import Arrays, packed, unpacked
from patternwatch.watch.bank.bank import TICK_ROWS, SeriesBank
from patternwatch.watch.episodes.bar import QuietPeaks
from patternwatch.watch.episodes.evidence import EntityEvidence, entity_evidence
from patternwatch.watch.episodes.hold import Hold
from patternwatch.watch.episodes.observation import EpisodePart, Observation, Opening, SeenEntity
from patternwatch.watch.episodes.replay import Replay
from patternwatch.watch.episodes.seen import seen_entities
from patternwatch.watch.episodes.trigger import Opened, Step, Trigger
from patternwatch.watch.history.history_rows import rows_at_the_step
from patternwatch.watch.losses.loss_watch import LossWatch
from patternwatch.watch.members.absence import Absence
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.new_parts import new_parts
from patternwatch.watch.members.presence import Presence
from patternwatch.watch.resources.demand import Demand
from patternwatch.watch.resources.resource_demand import DemandWatch
from patternwatch.watch.suspects.marking import Marking
from patternwatch.watch.suspects.muting import Muting
from patternwatch.watch.suspects.restarts import restarted_parts
from patternwatch.watch.suspects.spaces import out_of_space
from patternwatch.watch.suspects.suspects import Suspects
from patternwatch.watch.suspects.wishes import unasked

LEAST_REPLAYED = 48
"""Blocks of history at the step from which on a learned row says how far noise goes: a day of half hours."""
TOO_SHORT = "no series has an hour and a half of history yet: wait, or let it learn from the source"
"""Three blocks of half an hour."""
NO_WORDS = "its series are not as their own history has them"
_NOBODY = np.empty(0, dtype=np.int64)


class ClusterWatch:
    """All that is kept of one cluster.

    settings              how categories and entities are read
    step_ms               between two rows
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
        self.step_ms = step_ms
        self._categories, self._mutes = frozenset(categories), tuple[Mute, ...]()
        self._muting = Muting((), self._categories)
        self._marks, self._marking = tuple[Mark, ...](), Marking()
        self.members = Members(settings, step_ms)
        self.bank = SeriesBank(step_ms)
        self.presence = Presence(step_ms)
        self.losses = LossWatch(step_ms)
        self.demand = DemandWatch(step_ms)
        self.peaks = QuietPeaks(false_reports_a_week)
        self.trigger = Trigger(self.peaks.bar)
        self._replay = Replay(self.peaks)
        self._holding = Hold()
        self._is_learning = False

    @property
    def has_history(self) -> bool:
        """Whether there is a series that it can judge."""
        return not self.bank.is_learning

    @property
    def bytes_per_series(self) -> float:
        """Bytes of all arrays, those by entity too, per slot; labels are those of the source."""
        rooms = self.presence.snapshot(), self.losses.snapshot(), self.demand.snapshot()
        of_entities = sum(array.nbytes for room in rooms for array in room.values())
        by_slot = self.bank.bytes_per_series + self.members.bytes_per_slot
        return by_slot + of_entities / max(1, len(self.members))

    def learn(self, batch: SeriesBatch) -> None:
        """Take history from the source, at the step or a multiple of it; older rows first.

        A coarser row stands for the rows of its time. Raises ValueError where its step is no multiple.
        """
        self._is_learning = True
        slots, begun = self.members.place(batch.labels, batch.derivation)
        self.bank.begin(begun, self.members)
        times, values, each = rows_at_the_step(batch, self.step_ms)
        returns = self.presence.learn(batch.times, values[:, each - 1 :: each], slots, self.members)
        self.losses.learn(times, values, slots, self.members, each)
        self.demand.learn(times, values, slots, self.members)
        restarted = {row: self._slots_of(pods) for row, pods in returns.items()}
        at_once = max(TICK_ROWS, each)
        for row, suspects in self.bank.learn(times, values, slots, self.members, at_once, restarted):
            if each == 1 and self.bank.fine_blocks >= LEAST_REPLAYED:
                self._replay.add(row * self.step_ms, suspects, self.members)

    def observe(
        self, batch: SeriesBatch, at_ms: int, muted: Sequence[Mute] = (), marks: tuple[Mark, ...] = ()
    ) -> Observation:
        """Judge the rows that are new; rows seen before are ignored by their times, but for late samples.

        at_ms  when the tick is
        muted  what shows and counts for nothing, while it is not over
        marks  what people said of what it opened before
        """
        if marks != self._marks:
            self._marks, self._marking = marks, Marking(marks)
        mutes = tuple(mute for mute in muted if mute.counts_at(at_ms))
        if mutes != self._mutes:
            self._mutes, self._muting = mutes, Muting(mutes, self._categories)
        rows = batch.times // self.step_ms
        new = rows > self.bank.newest_row
        if not new.any():
            newest = instant(self.bank.newest_row * self.step_ms)
            return self._unjudged(at_ms, f"no row is newer than {newest}")
        self._finish_learning()
        slots, begun = self.members.place(batch.labels, batch.derivation)
        values = as_float32(batch.values)
        self.bank.fill(batch.times, values, slots)
        whole = np.full((len(self.members), int(new.sum())), np.nan, dtype=np.float32)
        whole[slots] = values[:, new]
        said = new_parts(begun, self.members) if self.bank.newest_row >= 0 else ()
        return self._judged(batch.times[new], whole, begun, said)

    def snapshot(self) -> bytes:
        """All that is kept, to go on elsewhere."""
        self._finish_learning()
        members, by_slot = self.members.snapshot()
        trigger, of_trigger = self.trigger.snapshot()
        peaks = self.peaks
        values = {
            "step_ms": self.step_ms,
            "members": members,
            "trigger": trigger,
            "peaks": [peaks.budget, peaks.found, peaks.since_ms, peaks.until_ms],
            "cool_down": self._holding.cool_down,
            "held": self._holding.held,
        }
        rooms = {"members": by_slot, "bank": self.bank.snapshot(), "trigger": of_trigger}
        rooms |= {"presence": self.presence.snapshot(), "losses": self.losses.snapshot()}
        rooms |= {"demand": self.demand.snapshot()}
        rooms |= {"watch": {"involved": self._holding.involved}}
        arrays = {f"{room}.{name}": array for room, own in rooms.items() for name, array in own.items()}
        return packed(values, arrays)

    @classmethod
    def restore(
        cls, data: bytes, settings: AnalysisSettings, categories: Collection[str] = ()
    ) -> "ClusterWatch":
        """The watch of a snapshot; raises ValueError where it is of another version or broken."""
        values, arrays = unpacked(data)
        rooms: dict[str, Arrays] = defaultdict(dict)
        for name, array in arrays.items():
            room, _, own = name.partition(".")
            rooms[room][own] = array
        try:
            budget, found, since_ms, until_ms = values["peaks"]
            watch = cls(settings, values["step_ms"], budget, categories)
            watch.peaks.found = [(at_ms, height) for at_ms, height in found]
            watch.peaks.since_ms, watch.peaks.until_ms = since_ms, until_ms
            watch.members.restore(values["members"], rooms["members"])
            watch.bank.restore(rooms["bank"])
            watch.presence.restore(rooms["presence"])
            watch.losses.restore(rooms["losses"])
            watch.demand.restore(rooms["demand"])
            watch.trigger.restore(values["trigger"], rooms["trigger"])
            holding = watch._holding
            holding.cool_down, holding.held = values["cool_down"], values["held"]
            holding.involved = rooms["watch"]["involved"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"the snapshot of a watch is of another version: {error!r}") from error
        return watch

    def _finish_learning(self) -> None:
        if self._is_learning:
            self.bank.finish_learning(self.members)
            self._replay.finish()
            self._is_learning = False

    def _judged(self, times: Integers, values: Floats32, begun: Integers, said: Iterable[str]) -> Observation:
        opening, over, step, no_data = None, list[str](), Step(), ""
        evidence: EntityEvidence | None = None
        for at in range(0, len(times), TICK_ROWS):
            chunk = slice(at, at + TICK_ROWS)
            columns = Columns(times[chunk], values[:, chunk], begun if at == 0 else _NOBODY)
            absence = self.presence.update(columns, self.members)
            if len(absence.returned):
                self.bank.warm_up(self._slots_of(absence.returned), self.members)
            suspects = self._without_restarts(self.bank.update(columns, self.members), absence)
            suspects = self._marking.weighed(unasked(suspects, self.members), self.members)
            losses = self.losses.update(columns.times_ms, columns.values, self.members)
            losses = losses.without_staying(self._marking.noisy(self.members))
            demand = self.demand.update(columns, self.members, self.losses.asked, self.bank.warming)
            no_data = absence.no_data
            if no_data:
                continue
            above = self._marking.weighed(demand.above, self.members)
            counted = suspects.take(~self._muting.of_suspects(suspects, self.members))
            full = out_of_space(counted, self.members, self.bank.level)
            evidence = entity_evidence(
                suspects, self.members, absence.gone, self._muting, losses, above, absence.silent, full
            )
            step = self._stepped(int(columns.times_ms[-1]), evidence)
            over += [self.members.names[entity] for entity in step.over]
            if step.opened and opening is None:
                opening = self._opening(step.opened, evidence, demand)
        learning = self.bank.is_learning
        why = TOO_SHORT if learning else no_data
        open_now = {self.members.names[entity] for entity in self.trigger.causes}
        return Observation(
            at_ms=int(times[-1]),
            opening=opening,
            open_goes_on=bool(open_now - ({opening.entity} if opening else set())),
            over=tuple(over),
            entities=() if evidence is None else self._seen(evidence),
            not_judged=why,
            said=tuple(said),
            suspects=0 if evidence is None else len(evidence.suspects),
            bar=self.trigger.bar,
            parts=() if no_data else self._parts(),
        )

    def _parts(self) -> tuple[EpisodePart, ...]:
        """Who takes part in what is open."""
        names, found = self.members.names, list[EpisodePart]()
        for cause, part in self.trigger.taking_part.items():
            members = tuple((names[one], ms) for one, ms in zip(part.entities, part.since_ms, strict=True))
            found.append(
                EpisodePart(names[cause], members, tuple(names[one] for one in part.gone), part.height)
            )
        return tuple(found)

    def _without_restarts(self, suspects: Suspects, absence: Absence) -> Suspects:
        """What is left without the parts that were restarted in place, which warm up from now on."""
        parts = restarted_parts(suspects, self.members, absence.blinked)
        if not len(parts):
            return suspects
        self.bank.warm_up(self._slots_of(parts), self.members)
        return suspects.take(~np.isin(self.members.pod[suspects.slots], parts))

    def _stepped(self, at_ms: int, evidence: EntityEvidence) -> Step:
        self.trigger.bar = self.peaks.bar
        step = self.trigger.step(at_ms, evidence)
        if not self.bank.is_learning:
            self.peaks.add(at_ms, self.trigger.highest)
        self._hold()
        return step

    def _hold(self) -> None:
        settled = self.trigger.settled
        held = self._holding.tick(self.trigger.is_open, self.trigger.involved, settled)
        self.bank.hold(self._slots_in(held))
        self.bank.settle(np.flatnonzero(self._slots_in(settled)))
        self.presence.hold(held)
        self.losses.hold(held)
        self.demand.hold(held)
        self.demand.settle(settled)

    def _slots_in(self, entities: Flags) -> Flags:
        """By slot: whether it belongs to one of these entities."""
        slots = np.zeros(len(self.members), dtype=np.bool_)
        if entities.any():
            known = self.members.used & (self.members.entity < len(entities))
            slots[known] = entities[self.members.entity[known]]
        return slots

    def _slots_of(self, pods: Sequence[int] | Integers) -> Integers:
        return np.flatnonzero(self.members.used & np.isin(self.members.pod, pods))

    def _opening(self, opened: Opened, evidence: EntityEvidence, demand: Demand) -> Opening:
        name = self.members.names[opened.entity]
        words = [
            series.sentence for seen in self._seen(evidence) if seen.name == name for series in seen.series
        ]
        words += [*demand.sentences(opened.entity, self.members), NO_WORDS]
        why = opened.why or words[0]
        return Opening(name, opened.since_ms, opened.score, f"{name}: {why}")

    def _seen(self, evidence: EntityEvidence) -> tuple[SeenEntity, ...]:
        brief = self.bank.brief
        brief = brief.take(~self._muting.of_suspects(brief, self.members))
        return seen_entities(evidence, self.trigger, self.members, self.bank.level, brief, self.bank.now)

    def _unjudged(self, at_ms: int, why: str) -> Observation:
        return Observation(at_ms, open_goes_on=self.trigger.is_open, not_judged=why, bar=self.trigger.bar)
