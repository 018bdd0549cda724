"""The dead letters as a person deals with them: read, sent again to where they came from, dropped."""

import base64
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from patternwatch.contracts.codec import decode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.errors import MessageError, NotFoundError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import DEAD_LETTERS, TOPICS
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.topic_reader import Record, TopicReader
from patternwatch.kafka.topics import topic_name

_CLIENT_ID = "patternwatch-dead-letters"
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A record that nobody has dealt with.

    letter         of its last try
    tries          how often it could not be worked on, those before it was sent again too
    first_seen_ms  the first of them, as far as the topic goes back
    """

    letter: DeadLetter
    tries: int
    first_seen_ms: int


def open_letters(records: Iterable[Record]) -> list[OpenLetter]:
    """What is open, the latest first.

    records  of the topic, in any order; what cannot be read is passed over

    >>> letter = DeadLetter(
    ...     topic="alerts", partition=0, offset=7, value="bm90IEpTT04=", error="UndecodableError",
    ...     reason="Not JSON where a Alert was expected", at_ms=1000,
    ... )
    >>> key, value = letter.try_id.encode(), letter.model_dump_json().encode()
    >>> there = [Record("dead-letter", 0, n, key, value) for n in range(2)]
    >>> [(one.tries, one.first_seen_ms) for one in open_letters(there)]
    [(2, 1000)]
    >>> open_letters([*there, Record("dead-letter", 0, 2, key, None)])
    []
    """
    closed: set[bytes | None] = set()
    tries: dict[str, list[DeadLetter]] = {}
    for record in records:
        if record.value is None:
            closed.add(record.key)
            continue
        try:
            letter = decode(record.value, DeadLetter)
        except MessageError:
            continue
        tries.setdefault(letter.letter_id, []).append(letter)
    found = [
        OpenLetter(last, len(own), min(letter.at_ms for letter in own))
        for own in tries.values()
        if (last := max(own, key=lambda letter: (letter.at_ms, letter.offset))).try_id.encode() not in closed
    ]
    return sorted(found, key=lambda one: (-one.letter.at_ms, one.letter.letter_id))


async def read_letters(settings: KafkaSettings) -> list[OpenLetter]:
    """Every open letter, the latest first; raises BrokerUnavailableError."""
    reader = await TopicReader.connect(settings, _CLIENT_ID, (DEAD_LETTERS,))
    try:
        await reader.seek({})
        records: list[Record] = []
        while await reader.remaining():
            records += await reader.read()
    finally:
        await reader.close()
    return open_letters(records)


def chosen(letters: Iterable[OpenLetter], ids: Iterable[str]) -> list[OpenLetter]:
    """Those with these ids, or beginnings of ids that no other has; raises NotFoundError.

    >>> chosen([], [])
    []
    """
    known = list(letters)
    found = []
    for wanted in ids:
        fit = [one for one in known if one.letter.letter_id.startswith(wanted)]
        if len(fit) != 1:
            how_many = "no" if not fit else f"{len(fit)}"
            raise NotFoundError(
                f"There are {how_many} open dead letters whose id begins with {wanted!r}",
                "See `patternwatch dead-letters list`",
            )
        found += fit
    return found


async def replay(settings: KafkaSettings, letters: Iterable[OpenLetter]) -> None:
    """Send each record again to the topic that it came from; where it fails again, its letter counts on.

    Raises NotFoundError for a letter without its record or of a topic that is not ours, before anything is
    sent, and BrokerUnavailableError.
    """
    topics = {topic_name(settings, topic): topic for topic in TOPICS}
    letters = list(letters)
    for one in letters:
        letter = one.letter
        if letter.topic not in topics:
            raise NotFoundError(
                f"The topic {letter.topic} of dead letter {letter.letter_id} is none of ours",
                f"Set PATTERNWATCH_KAFKA__TOPIC_PREFIX (now {settings.topic_prefix!r}), or drop it",
            )
        if letter.value is None:
            raise NotFoundError(
                f"The dead letter {letter.letter_id} is without its record: it had none, or was too large",
                "Drop it",
            )
    async with _publishing(settings) as publisher:
        for one in letters:
            letter = one.letter
            await publisher.send(topics[letter.topic], _raw(letter.key), _raw(letter.value))
            await publisher.send(DEAD_LETTERS, letter.try_id.encode(), None)


async def drop(settings: KafkaSettings, letters: Iterable[OpenLetter]) -> None:
    """Let go of these; raises BrokerUnavailableError."""
    async with _publishing(settings) as publisher:
        for one in letters:
            await publisher.send(DEAD_LETTERS, one.letter.try_id.encode(), None)


@asynccontextmanager
async def _publishing(settings: KafkaSettings) -> AsyncIterator[KafkaPublisher]:
    publisher = KafkaPublisher(settings, _CLIENT_ID, GiveUpAfter(_TIMEOUT_S, TOPICS))
    try:
        yield publisher
    finally:
        await publisher.close()


def _raw(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)
