"""All that is kept of one watched cluster, and its snapshot."""

from collections import defaultdict

import numpy as np

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.arrays.packing import Arrays, packed, unpacked
from patternwatch.watch.bank.bank import SeriesBank
from patternwatch.watch.episodes.bar import QuietPeaks
from patternwatch.watch.episodes.hold import Hold
from patternwatch.watch.episodes.trigger import Trigger
from patternwatch.watch.history.half_minutes import judged_step
from patternwatch.watch.losses.loss_watch import LossWatch
from patternwatch.watch.members.members import Members
from patternwatch.watch.members.presence import Presence
from patternwatch.watch.resources.resource_demand import DemandWatch
from patternwatch.watch.stated.stated import Stated


class Rooms:
    """Each room's memory of one cluster; `ClusterWatch` says what the parameters are.

    step_ms         between two rows that are judged
    source_step_ms  between two rows of the source

    >>> rooms = Rooms(AnalysisSettings(), step_ms=30_000)
    >>> Rooms.restore(rooms.snapshot(), AnalysisSettings()).step_ms
    30000
    """

    def __init__(self, settings: AnalysisSettings, step_ms: int, false_reports_a_week: float = 1.0) -> None:
        self.source_step_ms, step_ms = step_ms, judged_step(step_ms)
        self.step_ms = step_ms
        self.members = Members(settings, step_ms)
        self.bank = SeriesBank(step_ms)
        self.presence = Presence(step_ms)
        self.losses = LossWatch(step_ms)
        self.demand = DemandWatch(step_ms)
        self.stated = Stated(step_ms)
        self.peaks = QuietPeaks(false_reports_a_week)
        self.trigger = Trigger(self.peaks.bar)
        self.holding = Hold()

    @property
    def bytes_per_series(self) -> float:
        """Bytes of all arrays, those by entity too, per slot; labels are those of the source."""
        rooms = self.presence, self.losses, self.demand, self.stated
        of_entities = sum(array.nbytes for room in rooms for array in room.snapshot().values())
        by_slot = self.bank.bytes_per_series + self.members.bytes_per_slot
        return by_slot + of_entities / max(1, len(self.members))

    def hold(self) -> None:
        """Of who takes part in an episode nothing is learned as normal; what settled is taken as it is."""
        settled = self.trigger.settled
        held = self.holding.tick(self.trigger.is_open, self.trigger.involved, settled)
        self.bank.hold(self._slots_in(held))
        self.bank.settle(np.flatnonzero(self._slots_in(settled)))
        self.presence.hold(held)
        self.losses.hold(held)
        self.demand.hold(held)
        self.demand.settle(settled)

    def slots_of(self, pods: list[int] | Integers) -> Integers:
        """The slots of the series of these parts."""
        return np.flatnonzero(self.members.used & np.isin(self.members.pod, pods))

    def _slots_in(self, entities: Flags) -> Flags:
        """By slot: whether it belongs to one of these entities."""
        slots = np.zeros(len(self.members), dtype=np.bool_)
        if entities.any():
            known = self.members.used & (self.members.entity < len(entities))
            slots[known] = entities[self.members.entity[known]]
        return slots

    def snapshot(self) -> bytes:
        """All that is kept, to go on elsewhere."""
        members, by_slot = self.members.snapshot()
        trigger, of_trigger = self.trigger.snapshot()
        peaks = self.peaks
        values = {
            "step_ms": self.step_ms,
            "source_step_ms": self.source_step_ms,
            "members": members,
            "trigger": trigger,
            "peaks": [peaks.budget, peaks.found, peaks.since_ms, peaks.until_ms],
            "cool_down": self.holding.cool_down,
            "held": self.holding.held,
        }
        rooms = {"members": by_slot, "bank": self.bank.snapshot(), "trigger": of_trigger}
        rooms |= {"presence": self.presence.snapshot(), "losses": self.losses.snapshot()}
        rooms |= {"demand": self.demand.snapshot(), "stated": self.stated.snapshot()}
        rooms |= {"watch": {"involved": self.holding.involved}}
        arrays = {f"{room}.{name}": array for room, own in rooms.items() for name, array in own.items()}
        return packed(values, arrays)

    @classmethod
    def restore(cls, data: bytes, settings: AnalysisSettings) -> "Rooms":
        """Those of a snapshot; raises ValueError where it is of another version or broken."""
        values, arrays = unpacked(data)
        kept: dict[str, Arrays] = defaultdict(dict)
        for name, array in arrays.items():
            room, _, own = name.partition(".")
            kept[room][own] = array
        try:
            budget, found, since_ms, until_ms = values["peaks"]
            rooms = cls(settings, values.get("source_step_ms", values["step_ms"]), budget)
            if rooms.step_ms != values["step_ms"]:
                raise TypeError(f"rows of {values['step_ms']} ms, not {rooms.step_ms} ms")
            rooms.peaks.found = [(at_ms, height) for at_ms, height in found]
            rooms.peaks.since_ms, rooms.peaks.until_ms = since_ms, until_ms
            rooms.members.restore(values["members"], kept["members"])
            rooms.bank.restore(kept["bank"])
            rooms.presence.restore(kept["presence"])
            rooms.losses.restore(kept["losses"])
            rooms.demand.restore(kept["demand"])
            if kept["stated"]:  # a snapshot of an older version lacks it
                rooms.stated.restore(kept["stated"])
            rooms.trigger.restore(values["trigger"], kept["trigger"])
            holding = rooms.holding
            holding.cool_down, holding.held = values["cool_down"], values["held"]
            holding.involved = kept["watch"]["involved"]
        except (KeyError, TypeError) as error:
            raise ValueError(f"the snapshot of a watch is of another version: {error!r}") from error
        return rooms
