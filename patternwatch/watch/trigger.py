"""When trouble opens, goes on and is over."""

from dataclasses import dataclass

from patternwatch.watch.evidence import EntityEvidence


@dataclass(frozen=True, slots=True)
class Opened:
    """An entity that opened an episode."""

    entity: int
    since_ms: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one tick does to the one open episode of a cluster."""

    opened: Opened | None = None
    goes_on: bool = False
    over: bool = False


class Trigger:
    """One open episode a cluster, with hysteresis."""

    def __init__(self, bar: float) -> None:
        self.bar = bar

    def step(self, at_ms: int, evidence: EntityEvidence) -> Step:
        """Take the evidence of one tick."""
        raise NotImplementedError
