"""A record that could not be worked on, and why: the topic `dead-letters`."""

from pydantic import Field

from patternwatch.contracts.base import Message
from patternwatch.contracts.ids import dead_letter_id


class DeadLetter(Message):
    """A record that could not be worked on, whole, with where it came from and why. Key: the id of this try.

    >>> import base64
    >>> letter = DeadLetter(
    ...     topic="alerts", partition=0, offset=7, value="bm90IEpTT04=", error="UndecodableError",
    ...     reason="Not JSON where a Alert was expected", at_ms=0,
    ... )
    >>> base64.b64decode(letter.value)
    b'not JSON'
    """

    topic: str
    partition: int
    offset: int
    key: str | None = None
    """base64 of the record's key."""
    value: str | None = None
    """base64 of the record's value."""
    headers: dict[str, str] = Field(default_factory=dict)
    error: str
    reason: str
    stack: str = ""
    """Where in the code it came from, the innermost call last; empty in letters of earlier releases."""
    at_ms: int

    @property
    def letter_id(self) -> str:
        """The same for every try of the same record, wherever it lies on its topic."""
        if self.value is None:
            return dead_letter_id(self.topic, self.key or "", f"{self.partition}/{self.offset}")
        return dead_letter_id(self.topic, self.key or "", self.value)

    @property
    def try_id(self) -> str:
        """Of this try alone: one that is sent again lies elsewhere on its topic."""
        return f"{self.letter_id}-{self.partition}-{self.offset}"
