"""What one tick does to the open episodes of a cluster."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opened:
    """An entity that opened an episode."""

    entity: int
    since_ms: int
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of them in this tick.

    opened   what opens now
    goes_on  whether what opened earlier is still there
    over     the entities that those which ended now are named after
    """

    opened: Opened | None = None
    goes_on: bool = False
    over: tuple[int, ...] = ()
