"""One tick: what new rows say of each entity, and what that opens or ends."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from patternwatch.contracts.watches import Mark, Mute
from patternwatch.watch.arrays.columns import Columns
from patternwatch.watch.episodes.evidence import EntityEvidence, entity_evidence
from patternwatch.watch.episodes.step import Step
from patternwatch.watch.losses.bad_parts import bad_parts
from patternwatch.watch.losses.losses import Losses
from patternwatch.watch.members.absence import Absence
from patternwatch.watch.resources.demand import Demand
from patternwatch.watch.rooms import Rooms
from patternwatch.watch.stated.replicas import still_served, usual_part
from patternwatch.watch.stated.stated import known_by_fact
from patternwatch.watch.suspects.marking import Marking
from patternwatch.watch.suspects.memory_limits import at_memory_limit
from patternwatch.watch.suspects.muting import Muting
from patternwatch.watch.suspects.refusals import without_refusals
from patternwatch.watch.suspects.restarts import restarted_parts
from patternwatch.watch.suspects.spaces import out_of_space
from patternwatch.watch.suspects.suspects import Suspects, joined
from patternwatch.watch.suspects.unserved import unserved
from patternwatch.watch.suspects.wishes import unasked


@dataclass(frozen=True, slots=True)
class Judged:
    """What a tick said of each entity, and what it opened or ended."""

    evidence: EntityEvidence
    step: Step
    demand: Demand
    losses: Losses
    facts: Suspects


class Judge:
    """Judges the rows of one cluster, with what people said of what shows.

    categories  the only metric categories that are judged; all where empty
    muting      what shows and counts for nothing
    """

    def __init__(self, rooms: Rooms, categories: Collection[str]) -> None:
        self._rooms = rooms
        self._categories, self._mutes = frozenset(categories), tuple[Mute, ...]()
        self.muting = Muting((), self._categories)
        self._marks, self._marking = tuple[Mark, ...](), Marking()

    def heed(self, mutes: tuple[Mute, ...], marks: tuple[Mark, ...]) -> None:
        """What people said counts from now on: mutes that are not over, and marks."""
        if marks != self._marks:
            self._marks, self._marking = marks, Marking(marks)
        if mutes != self._mutes:
            self._mutes, self.muting = mutes, Muting(mutes, self._categories)

    def tick(self, columns: Columns) -> Judged | str:
        """Take the rows of one tick; why nothing is judged where most workloads have no sample."""
        rooms, members = self._rooms, self._rooms.members
        absence = rooms.presence.update(columns, members)
        if len(absence.returned):
            rooms.bank.warm_up(rooms.slots_of(absence.returned), members)
        suspects = self._without_restarts(rooms.bank.update(columns, members), absence)
        suspects = without_refusals(unasked(suspects, members), members)
        served = still_served(rooms.bank, members)
        usual = usual_part(rooms.bank, members)
        losses = rooms.losses.update(columns.times_ms, columns.values, members, columns.begun, usual)
        facts = joined(
            rooms.stated.facts(rooms.bank, members),
            bad_parts(columns, rooms.bank, rooms.losses.memory, members),
        )
        suspects = self._marking.weighed(joined(suspects, facts), members)
        losses = losses.without_staying(self._marking.noisy(members))
        demand = rooms.demand.update(columns, members, rooms.losses.memory.asked, rooms.bank.warming)
        if absence.no_data:
            return absence.no_data
        above = self._marking.weighed(demand.above, members)
        counted = suspects.take(~self.muting.of_suspects(suspects, members))
        level = rooms.bank.level
        full = np.union1d(out_of_space(counted, members, level), unserved(counted, members, level))
        full = np.union1d(full, at_memory_limit(counted, members, level, rooms.bank.now))
        full = np.union1d(full, known_by_fact(counted, facts, members))
        evidence = entity_evidence(
            suspects, members, absence.gone, self.muting, losses, above, absence.silent, full, served
        )
        return Judged(evidence, self._stepped(int(columns.times_ms[-1]), evidence), demand, losses, facts)

    def _without_restarts(self, suspects: Suspects, absence: Absence) -> Suspects:
        """What is left without the parts that were restarted in place, which warm up from now on."""
        members = self._rooms.members
        parts = restarted_parts(suspects, members, absence.blinked)
        if not len(parts):
            return suspects
        self._rooms.bank.warm_up(self._rooms.slots_of(parts), members)
        return suspects.take(~np.isin(members.pod[suspects.slots], parts))

    def _stepped(self, at_ms: int, evidence: EntityEvidence) -> Step:
        rooms = self._rooms
        rooms.trigger.bar = rooms.peaks.bar
        step = rooms.trigger.step(at_ms, evidence)
        if not rooms.bank.is_learning:
            rooms.peaks.add(at_ms, rooms.trigger.highest)
        rooms.hold()
        return step
