"""Whether our topics are kept as they are meant: copies, clean-up, sizes."""

import asyncio
import math
from typing import Any

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError

from patternwatch.contracts.checks import Checks
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.contracts.topics import SHARED_TOPICS, TOPICS
from patternwatch.kafka.clients import admin_client, close_client
from patternwatch.kafka.topics import topic_config, topic_name

log = structlog.get_logger()

_HOUR_S = 3600
_WAIT_S = 10.0


async def check_topics(checks: Checks, admin: AIOKafkaAdminClient, settings: KafkaSettings) -> None:
    """One line for each thing that is not as it should be; one that says so where all is well."""
    names = [topic_name(settings, topic) for topic in TOPICS]
    there = set(await admin.list_topics())
    missing = sorted(set(names) - there)
    if missing:
        checks.warn(
            "topics",
            f"{len(missing)} of {len(names)} topics are not there yet, or not shown to this client: "
            f"{', '.join(missing)}",
            "A worker makes them when it starts; without the right to, make them by hand (docs/kafka.md)",
        )
    present = sorted(set(names) & there)
    if not present:
        return
    described = await admin.describe_topics(present)
    configs = await _topic_configs(admin, present)
    sound = [
        _copies(checks, described, settings),
        _shared_by_all(checks, described, settings),
        _in_sync(checks, described, configs),
        _kept_as_meant(checks, configs, settings),
    ]
    if not missing and all(sound):
        partitions = "/".join(map(str, sorted({len(t["partitions"]) for t in described})))
        checks.ok("topics", f"all {len(names)} there, {partitions} partitions each")


async def warn_of_topics(settings: KafkaSettings) -> None:
    """Log once what is not as it should be, for whoever starts a worker and asks no `doctor`.

    What cannot be found out is left to it: no worker waits or ends for this.
    """
    checks = Checks("kafka")
    admin = admin_client(settings)
    try:
        async with asyncio.timeout(_WAIT_S):
            await admin.start()
            await check_topics(checks, admin, settings)
    except (KafkaError, OSError, TimeoutError) as error:
        log.info("topics.not_checked", error=type(error).__name__, reason=str(error))
    finally:
        await close_client(admin)
    for check in checks.made:
        if check.verdict != "ok":
            log.warning("topics.not_as_meant", check=check.name, finding=check.finding, remedy=check.remedy)


def _copies(checks: Checks, described: list[dict[str, Any]], settings: KafkaSettings) -> bool:
    without_leader = [t["topic"] for t in described if any(p["leader"] < 0 for p in t["partitions"])]
    if without_leader:
        checks.fail("leaders", f"no leader for {', '.join(without_leader)}", "Bring back the lost brokers")
    behind = [
        t["topic"] for t in described if any(len(p["isr"]) < len(p["replicas"]) for p in t["partitions"])
    ]
    few = sorted(name for name, n in _numbers_of_copies(described).items() if n < settings.replication)
    if behind or few:
        checks.warn(
            "copies",
            f"not all copies: behind {behind or 'none'}, fewer than kafka.replication {few or 'none'}",
            "Bring back the lost brokers, or reassign these topics",
        )
    return not (without_leader or behind or few)


def _shared_by_all(checks: Checks, described: list[dict[str, Any]], settings: KafkaSettings) -> bool:
    """A topic's partitions are the most workers that can share its load; they do not grow by themselves."""
    shared = {topic_name(settings, topic) for topic in SHARED_TOPICS}
    few = [
        f"{t['topic']} ({len(t['partitions'])} of {settings.partitions})"
        for t in described
        if t["topic"] in shared and len(t["partitions"]) < settings.partitions
    ]
    if few:
        checks.warn(
            "partitions",
            f"fewer than kafka.partitions, so no more workers share their load: {', '.join(few)}",
            "Give them more (`kafka-topics --alter`, see docs/operations.md, Scaling), or lower "
            "kafka.partitions",
        )
    return not few


def _in_sync(checks: Checks, described: list[dict[str, Any]], configs: dict[str, dict[str, str]]) -> bool:
    """Kafka takes a record only where min.insync.replicas copies are there: with fewer it never does."""
    never = [
        f"{name} ({n} of {configs[name]['min.insync.replicas']})"
        for name, n in _numbers_of_copies(described).items()
        if n < int(configs.get(name, {}).get("min.insync.replicas") or 0)
    ]
    if never:
        checks.fail(
            "in-sync copies",
            f"fewer copies than min.insync.replicas, so no record is ever taken: {', '.join(never)}",
            "Lower min.insync.replicas of these topics (`kafka-configs --alter`), or give them more copies",
        )
    return not never


def _kept_as_meant(checks: Checks, configs: dict[str, dict[str, str]], settings: KafkaSettings) -> bool:
    """What is deleted before it is read, or refused for its size, is lost."""
    meant = {topic_name(settings, topic): topic_config(topic) for topic in TOPICS}
    otherwise = [
        f"{name} ({found['cleanup.policy']})"
        for name, found in configs.items()
        if _ways(found.get("cleanup.policy", "")) not in (set(), _ways(meant[name]["cleanup.policy"]))
    ]
    if otherwise:
        checks.fail(
            "clean-up",
            f"cleanup.policy is not as meant: {', '.join(otherwise)}",
            "Set it (`kafka-configs --alter`, docs/operations.md says to what), or records are lost",
        )
    small = [
        f"{name} ({found['max.message.bytes']} of {meant[name]['max.message.bytes']})"
        for name, found in configs.items()
        if int(found.get("max.message.bytes") or 2**31) < int(meant[name]["max.message.bytes"])
    ]
    if small:
        checks.warn(
            "record size",
            f"max.message.bytes is less than our largest records take: {', '.join(small)}",
            "Raise it (`kafka-configs --alter`), or large reports are refused",
        )
    short = [
        f"{name} ({_in_words(found['retention.ms'])} of {_in_words(meant[name]['retention.ms'])})"
        for name, found in configs.items()
        if "retention.ms" in meant[name] and _kept_ms(found) < int(meant[name]["retention.ms"])
    ]
    if short:
        checks.warn(
            "retention",
            f"retention.ms is less than meant: {', '.join(short)}",
            "Raise it (`kafka-configs --alter`): what is not read by then is lost",
        )
    sized = [
        f"{name} ({found['retention.bytes']} bytes a partition)"
        for name, found in configs.items()
        if "delete" in _ways(found.get("cleanup.policy", "")) and int(found.get("retention.bytes") or -1) >= 0
    ]
    if sized:
        checks.warn(
            "retention by size",
            f"retention.bytes deletes what is not that old yet: {', '.join(sized)}",
            "Set it to -1 for these topics (`kafka-configs --alter`): what a storm of alerts puts behind "
            "that size is lost before it is read",
        )
    return not (otherwise or small or short or sized)


def _ways(policy: str) -> set[str]:
    """How a topic is cleaned up: Kafka keeps the order in which somebody wrote it, and minds none."""
    return set(policy.replace(" ", "").split(",")) - {""}


def _kept_ms(config: dict[str, str]) -> float:
    """How long a topic is kept; for ever where it says -1, or nothing that this client may see."""
    told = int(config.get("retention.ms") or -1)
    return told if told >= 0 else math.inf


def _in_words(milliseconds: str) -> str:
    seconds = int(milliseconds) / 1000
    return f"{seconds / 3600:g} h" if seconds >= _HOUR_S else f"{seconds:g} s"


def _numbers_of_copies(described: list[dict[str, Any]]) -> dict[str, int]:
    return {
        t["topic"]: min(len(p["replicas"]) for p in t["partitions"]) for t in described if t["partitions"]
    }


async def _topic_configs(admin: AIOKafkaAdminClient, present: list[str]) -> dict[str, dict[str, str]]:
    return await _configs(admin, [ConfigResource(ConfigResourceType.TOPIC, name) for name in present])


async def broker_config(admin: AIOKafkaAdminClient, node: int) -> dict[str, str]:
    """A broker's own settings; empty where this client may not see them."""
    found = await _configs(admin, [ConfigResource(ConfigResourceType.BROKER, str(node))])
    return found.get(str(node), {})


async def _configs(admin: AIOKafkaAdminClient, resources: list[ConfigResource]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for answer in await admin.describe_configs(resources):
        for code, _message, _kind, name, entries, *_ in answer.resources:
            if code == 0:
                found[name] = {entry[0]: entry[1] for entry in entries}
    return found
