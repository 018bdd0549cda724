"""Whether a worker can join its consumer group: where it cannot, Kafka tells nobody why, and it waits."""

from collections.abc import Mapping

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from patternwatch.kafka.rights_request import TOO_OLD, describe_group

PROTOCOL = "roundrobin"
"""By which workers share partitions out; all members of a group must have one in common."""


async def why_not_ours(admin: AIOKafkaAdminClient, group: str) -> str:
    """Why no worker can join this group: another program's members; empty where it can, or nobody knows."""
    try:
        found = await describe_group(admin, group)
    except (*TOO_OLD, KafkaError):
        return ""
    if found["protocol_type"] in ("", "consumer") and found["protocol"] in ("", PROTOCOL):
        return ""
    clients = ", ".join(sorted({member["client_id"] for member in found["members"]}))
    return (
        f"the consumer group {group} is another program's ({clients}), whose members share partitions out by "
        f"{found['protocol'] or found['protocol_type']}: no worker can join it"
    )


REMEDY = "Set PATTERNWATCH_GROUP to a name that no other program uses"


def why_session_refused(session_timeout_s: float, broker: Mapping[str, str]) -> str:
    """Why the brokers refuse members with this timeout; empty where they take it, or do not tell.

    >>> why_session_refused(3, {"group.min.session.timeout.ms": "6000"})
    'session_timeout_s is 3, and the brokers take no less than 6 (group.min.session.timeout.ms)'
    >>> why_session_refused(15, {"group.min.session.timeout.ms": "6000"})
    ''
    """
    least = int(broker.get("group.min.session.timeout.ms") or 0) / 1000
    most = int(broker.get("group.max.session.timeout.ms") or 0) / 1000
    said = f"session_timeout_s is {session_timeout_s:g}, and the brokers take no"
    if session_timeout_s < least:
        return f"{said} less than {least:g} (group.min.session.timeout.ms)"
    if most and session_timeout_s > most:
        return f"{said} more than {most:g} (group.max.session.timeout.ms)"
    return ""
