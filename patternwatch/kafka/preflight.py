"""Whether Kafka is there and keeps our topics as they are meant: checks that change nothing."""

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from patternwatch.contracts.checks import Check, Checks
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import TOPICS
from patternwatch.kafka.clients import admin_client, connect, quiet_client
from patternwatch.kafka.topics import topic_config, topic_name

_WAIT_S = 5.0
_COPIES_IN_PRODUCTION = 3


async def check_kafka(settings: KafkaSettings) -> list[Check]:
    """Brokers, topics, their partitions, copies and clean-up."""
    checks = Checks("kafka")
    with quiet_client():  # what it would log is what the checks say
        await _check(checks, settings)
    return checks.made


async def _check(checks: Checks, settings: KafkaSettings) -> None:
    patient = settings.model_copy(update={"connect_timeout_s": min(settings.connect_timeout_s, _WAIT_S)})
    try:
        admin: AIOKafkaAdminClient = await connect(patient, lambda: admin_client(settings))
    except BrokerUnavailableError as error:
        checks.fail("reachable", error.problem, error.remedy)
        return
    try:
        async with asyncio.timeout(4 * _WAIT_S):
            await _check_brokers(checks, admin, settings)
            await _check_topics(checks, admin, settings)
    except (KafkaError, OSError, TimeoutError) as error:
        checks.fail(
            "answers", f"Kafka at {settings.bootstrap} refused: {error!r}", "Check this client's rights"
        )
    finally:
        await admin.close()


async def _check_brokers(checks: Checks, admin: AIOKafkaAdminClient, settings: KafkaSettings) -> None:
    brokers = len((await admin.describe_cluster())["brokers"])
    checks.ok("reachable", f"{settings.bootstrap} answers, {brokers} broker{'s' * (brokers != 1)}")
    if settings.replication > brokers:
        checks.fail(
            "replication",
            f"kafka.replication is {settings.replication}, but there are {brokers} brokers",
            "Lower it, or add brokers: topics cannot be made",
        )
    elif settings.replication < min(brokers, _COPIES_IN_PRODUCTION):
        checks.warn(
            "replication",
            f"kafka.replication is {settings.replication}: a lost broker loses records",
            f"Set it to {min(brokers, _COPIES_IN_PRODUCTION)} before the topics are made",
        )
    else:
        checks.ok("replication", f"{settings.replication} of each topic that is made")


async def _check_topics(checks: Checks, admin: AIOKafkaAdminClient, settings: KafkaSettings) -> None:
    names = {topic_name(settings, topic): topic for topic in TOPICS}
    there = set(await admin.list_topics())
    missing = sorted(set(names) - there)
    if missing:
        checks.warn(
            "topics",
            f"{len(missing)} of {len(names)} topics are not there yet: {', '.join(missing)}",
            "A worker makes them when it starts; without the right to, make them by hand",
        )
    present = sorted(set(names) & there)
    if not present:
        return
    described = await admin.describe_topics(present)
    without_leader = [t["topic"] for t in described if any(p["leader"] < 0 for p in t["partitions"])]
    if without_leader:
        checks.fail("leaders", f"no leader for {', '.join(without_leader)}", "Bring back the lost brokers")
    copies = {t["topic"]: min(len(p["replicas"]) for p in t["partitions"]) for t in described}
    behind = [
        t["topic"] for t in described if any(len(p["isr"]) < len(p["replicas"]) for p in t["partitions"])
    ]
    few = sorted(name for name, n in copies.items() if n < settings.replication)
    if behind or few:
        checks.warn(
            "copies",
            f"not all copies: behind {behind or 'none'}, fewer than kafka.replication {few or 'none'}",
            "Bring back the lost brokers, or reassign these topics",
        )
    counts = {len(t["partitions"]) for t in described}
    kept = await _kept_otherwise(admin, present, settings)
    if kept:
        checks.fail("clean-up", f"cleanup.policy is not as meant: {', '.join(kept)}", "Alter these topics")
    if not missing and not behind and not few and not kept and not without_leader:
        partitions = "/".join(map(str, sorted(counts)))
        checks.ok("topics", f"all {len(names)} there, {partitions} partitions each")


async def _kept_otherwise(
    admin: AIOKafkaAdminClient, present: list[str], settings: KafkaSettings
) -> list[str]:
    """Topics whose clean-up is not as meant: reports that are deleted after a week would be lost."""
    meant = {topic_name(settings, t): topic_config(t)["cleanup.policy"] for t in TOPICS}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in present]
    found: dict[str, Any] = {}
    for answer in await admin.describe_configs(resources):
        for _code, _message, _kind, name, entries, *_ in answer.resources:
            found[name] = {entry[0]: entry[1] for entry in entries}.get("cleanup.policy")
    return [f"{name} ({found[name]})" for name in present if found.get(name) not in (None, meant[name])]
