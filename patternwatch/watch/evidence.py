"""From suspects to entities: how much speaks for trouble, by symptoms, resources and load."""

from dataclasses import dataclass

from patternwatch.compiled import Flags, Integers
from patternwatch.contracts.arrays import Floats32
from patternwatch.watch.members import Members
from patternwatch.watch.suspects import Suspects


@dataclass(frozen=True, slots=True)
class EntityEvidence:
    """Evidence by entity number, each of shape (E,).

    symptoms, resources, load  float32: by role
    total    float32: what counts against the bar
    widest   float32: the part of it that its strongest single series makes
    gone     bool: none of its parts gives a sample
    machine  bool: no users of its own; opens nothing
    suspects what it was made of
    entity   int64, shape (K,): the entity of each suspect
    """

    symptoms: Floats32
    resources: Floats32
    load: Floats32
    total: Floats32
    widest: Floats32
    gone: Flags
    machine: Flags
    suspects: Suspects
    entity: Integers


def entity_evidence(suspects: Suspects, members: Members, gone: Integers) -> EntityEvidence:
    """Sum the suspects of each entity."""
    raise NotImplementedError
