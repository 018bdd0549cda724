"""Whether Kafka is there, lets us in and keeps our topics as they are meant: checks that change nothing."""

import asyncio
from collections.abc import Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from patternwatch.contracts.checks import Check, Checks
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.contracts.roles import Role
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.clients import admin_client, close_client, connect, quiet_client
from patternwatch.kafka.diagnosis import explained
from patternwatch.kafka.group import REMEDY as GROUP_REMEDY
from patternwatch.kafka.group import why_not_ours, why_session_refused
from patternwatch.kafka.preflight_topics import broker_config, check_topics
from patternwatch.kafka.rights import REMEDY, in_words, missing_rights

_WAIT_S = 5.0
_COPIES_IN_PRODUCTION = 3


async def check_kafka(
    settings: KafkaSettings,
    roles: Sequence[Role] = (),
    group: str = "",
    session_timeout_s: float | None = None,
) -> list[Check]:
    """Brokers, rights, group, topics, their partitions, copies and clean-up.

    roles              whose rights are checked, in this consumer group
    session_timeout_s  of its members; None leaves it out
    """
    checks = Checks("kafka")
    with quiet_client():  # what it would log is what the checks say
        await _check(checks, settings, roles, group, session_timeout_s)
    return checks.made


async def _check(
    checks: Checks,
    settings: KafkaSettings,
    roles: Sequence[Role],
    group: str,
    session_timeout_s: float | None,
) -> None:
    patient = settings.model_copy(update={"connect_timeout_s": min(settings.connect_timeout_s, _WAIT_S)})
    try:
        admin: AIOKafkaAdminClient = await connect(patient, lambda: admin_client(settings))
    except BrokerUnavailableError as error:
        checks.fail("reachable", error.problem, error.remedy)
        return
    try:
        async with asyncio.timeout(4 * _WAIT_S):
            own = await _check_brokers(checks, admin, settings)
            if session_timeout_s is not None and (refused := why_session_refused(session_timeout_s, own)):
                checks.fail("session", refused, "Set PATTERNWATCH_SESSION_TIMEOUT_S to what they take")
            if roles:
                await _check_rights(checks, admin, settings, roles, group)
                if taken := await why_not_ours(admin, group):
                    checks.fail("group", taken, GROUP_REMEDY)
            await check_topics(checks, admin, settings)
    except (KafkaError, OSError, TimeoutError) as error:
        found = await explained(settings, error)
        checks.fail("answers", found.problem, found.remedy)
    finally:
        await close_client(admin)


async def _check_brokers(
    checks: Checks, admin: AIOKafkaAdminClient, settings: KafkaSettings
) -> dict[str, str]:
    """The settings of a broker, as far as it tells them."""
    nodes = [broker["node_id"] for broker in (await admin.describe_cluster())["brokers"]]
    brokers, login = len(nodes), settings.security
    way = f" by {login.protocol} {login.mechanism}".rstrip() if login.protocol != "PLAINTEXT" else ""
    checks.ok("reachable", f"{settings.bootstrap} answers{way}, {brokers} broker{'s' * (brokers != 1)}")
    own = await broker_config(admin, nodes[0]) if nodes else {}
    copies = (
        settings.replication if settings.replication > 0 else int(own.get("default.replication.factor") or 0)
    )
    said = f"kafka.replication is {settings.replication}"
    if settings.replication < 0:
        said += f", the brokers' own default.replication.factor: {copies or 'they do not tell'}"
    needed = int(own.get("min.insync.replicas") or 0)
    if copies > brokers:
        checks.fail(
            "replication",
            f"{said}, but there are {brokers} brokers",
            "Lower it, or add brokers: topics cannot be made",
        )
    elif copies and needed > copies:
        checks.fail(
            "replication",
            f"{said}, and the brokers' min.insync.replicas is {needed}: no record would be taken",
            f"Set kafka.replication to {needed} or more before the topics are made",
        )
    elif copies and copies < min(brokers, _COPIES_IN_PRODUCTION):
        checks.warn(
            "replication",
            f"{said}: a lost broker loses records",
            f"Set it to {min(brokers, _COPIES_IN_PRODUCTION)} before the topics are made",
        )
    else:
        checks.ok("replication", said)
    return own


async def _check_rights(
    checks: Checks, admin: AIOKafkaAdminClient, settings: KafkaSettings, roles: Sequence[Role], group: str
) -> None:
    missing = await missing_rights(admin, settings, roles, group)
    if missing:
        checks.fail("rights", f"this client lacks {in_words(missing)}", REMEDY)
    elif settings.security.protocol != "PLAINTEXT":
        checks.ok("rights", f"every right on the topics that exist, and on the group {group}")
