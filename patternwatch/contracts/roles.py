"""Roles: which part of patternwatch reads and writes which topics.

Every part declares its role once. Consumers, the watchdog and the AsyncAPI document are made from the
declarations, and a publisher that acts in a role refuses a topic that the role does not name.
"""

from dataclasses import dataclass

from patternwatch.contracts.topics import Topic


@dataclass(frozen=True, slots=True)
class Role:
    """A part of the system as others see it on Kafka.

    >>> from patternwatch.contracts.topics import REPORTS
    >>> archivist = Role("archivist", "Keeps every report.", consumes=(REPORTS,), produces=())
    >>> [topic.name for topic in archivist.consumes]
    ['reports']
    """

    name: str
    description: str
    consumes: tuple[Topic, ...]
    produces: tuple[Topic, ...]
