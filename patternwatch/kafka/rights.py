"""What this client may do with our topics, and what it lacks for its roles."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TopicAuthorizationFailedError,
)

from patternwatch.contracts.errors import BrokerRefusedError
from patternwatch.contracts.roles import Role
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.clients import admin_client, close_client, connect
from patternwatch.kafka.group import REMEDY as GROUP_REMEDY
from patternwatch.kafka.group import why_not_ours
from patternwatch.kafka.refusals import unavailable
from patternwatch.kafka.rights_request import TOO_OLD, describe, describe_group, lacks
from patternwatch.kafka.topics import topic_name

REMEDY = "Add them (`kafka-acls --add`, by prefix: docs/kafka.md), or use another login"

_COORDINATOR_S = 5.0


@dataclass(frozen=True, slots=True)
class Missing:
    """A right that is not there: `kind` and `name` of what it is about, and the operations."""

    kind: str
    name: str
    operations: tuple[str, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.operations)} on {self.kind} {self.name}"


def in_words(missing: Iterable[Missing]) -> str:
    """All of them in a line.

    >>> in_words([Missing("topic", "alerts", ("READ", "WRITE")), Missing("group", "patternwatch", ("READ",))])
    'READ, WRITE on topic alerts; READ on group patternwatch'
    """
    return "; ".join(map(str, missing))


async def missing_rights(
    admin: AIOKafkaAdminClient, settings: KafkaSettings, roles: Iterable[Role], group: str
) -> list[Missing]:
    """What these roles need and this client may not do; empty where the broker cannot tell.

    Topics that do not exist are left out: nobody can have rights on them by name only.
    """
    needed: dict[str, set[str]] = {}
    for role in roles:
        for topic in role.consumes:
            needed.setdefault(topic_name(settings, topic), set()).add("READ")
        for topic in role.produces:
            needed.setdefault(topic_name(settings, topic), set()).add("WRITE")
    try:
        topics = await describe(admin, sorted(needed))
        code, operations = await _group(admin, group)
    except TOO_OLD:
        return []
    found = []
    for described in topics:
        wanted = sorted(needed[described["topic"]])
        if described["error_code"] == TopicAuthorizationFailedError.errno:
            found.append(Missing("topic", described["topic"], ("DESCRIBE", *wanted)))
        elif described["error_code"] == 0 and (without := lacks(described["authorized_operations"], *wanted)):
            found.append(Missing("topic", described["topic"], tuple(without)))
    if code == GroupAuthorizationFailedError.errno or (code == 0 and lacks(operations, "READ")):
        found.append(Missing("group", group, ("READ",)))
    return found


async def _group(admin: AIOKafkaAdminClient, group: str) -> tuple[int, int]:
    """Error code and rights; a cluster that has had no group yet makes its coordinator now, for a moment."""
    try:
        async with asyncio.timeout(_COORDINATOR_S):
            while True:
                with suppress(GroupCoordinatorNotAvailableError):
                    found = await describe_group(admin, group)
                    return found["error_code"], found["authorized_operations"]
                await asyncio.sleep(0.1)
    except TimeoutError:
        return GroupCoordinatorNotAvailableError.errno, 0
    except GroupAuthorizationFailedError as error:
        return error.errno, 0


async def check_rights(settings: KafkaSettings, roles: Iterable[Role], group: str) -> None:
    """Raise BrokerRefusedError that names the missing rights, or who keeps us out of the group.

    Raises BrokerUnavailableError as `connect` does.
    """
    admin: AIOKafkaAdminClient = await connect(settings, lambda: admin_client(settings))
    try:
        missing = await missing_rights(admin, settings, roles, group)
        taken = await why_not_ours(admin, group)
    except (KafkaError, OSError, TimeoutError) as error:
        raise unavailable(settings, error) from error
    finally:
        await close_client(admin)
    if missing:
        raise BrokerRefusedError(
            f"Kafka at {settings.bootstrap} does not give this client every right: "
            f"it lacks {in_words(missing)}",
            REMEDY,
        )
    if taken:
        raise BrokerRefusedError(f"Kafka at {settings.bootstrap}: {taken}", GROUP_REMEDY)
