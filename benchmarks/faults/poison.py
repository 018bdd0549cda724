"""Records that nobody can read, and records that are nearly ours, between the good ones of every topic.

The second kind are mutated forms of what lies on the topic already, under another tenant's name, so that what
comes of those that can be read is nobody's attempt.
"""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from aiokafka import AIOKafkaConsumer

from benchmarks.faults.lab import Lab
from benchmarks.faults.load import TENANT
from benchmarks.faults.mutations import mutated
from benchmarks.faults.schedule import Planned
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import MessageError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import TOPICS, Topic
from patternwatch.kafka.topics import topic_name

POISON: tuple[bytes | None, ...] = (
    b"\xff\xfe no text",
    b'{"schema_version": 99}',
    b"[[[[",
    None,
    b'{"schema_version": 2, "tenant": "stranger", "request_id": "r"}',
)
"""Not text, of another release, not JSON, empty, and without most of its fields."""
POISON_KEY = b"lab-poison"
OTHER_TENANT = "mut"
"""Whose the mutants are; as long as the lab's own, so that lengths stay."""
MUTANTS = 10
"""On each topic, each time."""
_READ_MS, _POLLS = 500, 10
_OURS = re.compile(rf'{TENANT}(?=["\d ])'.encode())


async def send_poison(lab: Lab, planned: Planned) -> None:
    """Unreadable records of each kind on every topic, and mutants of what is there, between the good ones."""
    of_seed = lab.rng.getrandbits(32)
    own = {name: foreign(value) for name, value in (await examples(lab.kafka)).items()}
    # In a process of its own: hypothesis seeds the random numbers of everything beside it.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        loop = asyncio.get_running_loop()
        mutants = await loop.run_in_executor(pool, mutants_of, own, of_seed)
    for topic in TOPICS:
        for value in (*POISON, *mutants.get(topic.name, ())):
            at = await lab.direct.send(topic, POISON_KEY, value)
            what = "mutant" if is_readable(topic, value) else "poison"
            lab.ledger.write(what, topic=topic.name, partition=at.partition, offset=at.offset)
    lab.reached.add(planned.kind)


def mutants_of(examples: Mapping[str, bytes], of_seed: int) -> dict[str, list[bytes]]:
    """Mutated forms of an example of each topic, by the topic's name."""
    return {name: mutated(example, MUTANTS, of_seed) for name, example in examples.items()}


def is_readable(topic: Topic, value: bytes | None) -> bool:
    """Whether it is a message of this topic: then it need not be a dead letter."""
    try:
        decode(value, topic.message)
    except MessageError:
        return False
    return True


def foreign(example: bytes) -> bytes:
    """The message as another tenant's.

    >>> foreign(b'{"tenant":"lab","labels":{},"request_id":"lab000017","title":"lab 000017"}')
    b'{"tenant":"mut","labels":{},"request_id":"mut000017","title":"mut 000017"}'
    """
    return _OURS.sub(OTHER_TENANT.encode(), example)


async def examples(settings: KafkaSettings) -> Mapping[str, bytes]:
    """A good message of each topic that has one, by the topic's name; rather one whose id the lab made."""
    topics = {topic_name(settings, topic): topic for topic in TOPICS}
    consumer = AIOKafkaConsumer(
        *topics, bootstrap_servers=settings.bootstrap, auto_offset_reset="earliest", max_poll_records=100
    )
    found: dict[str, bytes] = {}
    await consumer.start()
    try:
        for _ in range(_POLLS):
            for at, records in (await consumer.getmany(timeout_ms=_READ_MS)).items():
                topic = topics[at.topic]
                good = [r.value for r in records if r.value and is_readable(topic, r.value)]
                own = [value for value in good if f'"{TENANT}0'.encode() in value]
                if own or (good and topic.name not in found):
                    found[topic.name] = (own or good)[0]
    finally:
        await consumer.stop()
    return found
