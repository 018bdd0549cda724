"""Kafka's metadata request of version 8 (KIP-430): what may this client do with these topics?

aiokafka speaks versions up to 5, which do not say. Layout: Kafka's protocol guide, "Metadata API (Key: 3)".
"""

from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

TOO_OLD = (IncompatibleBrokerVersion, NotImplementedError)
"""What is raised where the broker does not speak these versions: it cannot be asked."""
OPERATIONS = {"READ": 3, "WRITE": 4, "CREATE": 5, "DESCRIBE": 8, "DESCRIBE_CONFIGS": 10}
"""Bits of a set of rights: the codes of Kafka's `AclOperation`."""
_UNKNOWN = -(2**31)
"""What a broker without an authorizer, or one that was not asked, says instead of a set of rights."""

_BROKER = Array(("node_id", Int32), ("host", String("utf-8")), ("port", Int32), ("rack", String("utf-8")))
_PARTITION = Array(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", Array(Int32)),
    ("isr", Array(Int32)),
    ("offline_replicas", Array(Int32)),
)
_TOPIC = Array(
    ("error_code", Int16),
    ("topic", String("utf-8")),
    ("is_internal", Boolean),
    ("partitions", _PARTITION),
    ("authorized_operations", Int32),
)


class MetadataResponse_v8(Response):  # type: ignore[misc]  # noqa: N801 - the name that aiokafka gives them
    """Brokers, topics, and the rights of whoever asked."""

    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _BROKER),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        ("topics", _TOPIC),
        ("authorized_operations", Int32),
    )


class MetadataRequest_v8(RequestStruct):  # type: ignore[misc]  # noqa: N801
    """Topics by name; never makes one."""

    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = MetadataResponse_v8
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


class GroupRequest_v3(RequestStruct):  # type: ignore[misc]  # noqa: N801
    """Groups by name; aiokafka's own request of this version expects the response of version 2."""

    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(String("utf-8"))), ("include_authorized_operations", Boolean))


class GroupRightsRequest(Request[GroupRequest_v3]):  # type: ignore[misc]
    """Asks for this group and what may be done with it."""

    API_KEY = 15

    def __init__(self, group: str) -> None:
        self._group = group

    def build(self, request_struct_class: type[GroupRequest_v3]) -> GroupRequest_v3:
        """See aiokafka's `Request.build`."""
        return request_struct_class([self._group], True)


class RightsRequest(Request[MetadataRequest_v8]):  # type: ignore[misc]
    """Asks for these topics and what may be done with them."""

    API_KEY = 3

    def __init__(self, topics: list[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[MetadataRequest_v8]) -> MetadataRequest_v8:
        """See aiokafka's `Request.build`."""
        return request_struct_class(self._topics, False, True, True)


async def describe(admin: AIOKafkaAdminClient, names: list[str]) -> list[dict[str, Any]]:
    """These topics, each with `error_code`, `topic`, `partitions` and `authorized_operations`."""
    answer = await admin._send_request(RightsRequest(names))
    topics: list[dict[str, Any]] = answer.to_object()["topics"]
    return topics


async def describe_group(admin: AIOKafkaAdminClient, group: str) -> dict[str, Any]:
    """This group: `error_code`, `authorized_operations`, `protocol_type`, `protocol`, `members`."""
    node = await admin.find_coordinator(group)
    answer = await admin._send_request(GroupRightsRequest(group), node)
    found: dict[str, Any] = answer.to_object()["groups"][0]
    return found


def lacks(operations: int, *wanted: str) -> list[str]:
    """Which of these rights are not in the set; none where the broker does not tell.

    >>> lacks(0b1_0000_1000, "READ", "WRITE"), lacks(-(2**31), "READ")
    (['WRITE'], [])
    """
    if operations == _UNKNOWN:
        return []
    return [name for name in wanted if not operations >> OPERATIONS[name] & 1]
