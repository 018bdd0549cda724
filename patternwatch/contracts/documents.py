"""The contracts as documents for others: a JSON Schema of every message, and AsyncAPI 3 of the topics.

Sources: JSON Schema 2020-12; AsyncAPI 3.0.0 with its Kafka bindings 0.5.0.
"""

import re
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

from pydantic.json_schema import models_json_schema

from patternwatch.contracts.base import SCHEMA_VERSION, Message
from patternwatch.contracts.roles import Role
from patternwatch.contracts.topics import TOPICS, Topic

Document: TypeAlias = dict[str, Any]


def message_schemas() -> dict[str, Document]:
    """A self-contained JSON Schema of every message that has a topic, by the message's name.

    >>> message_schemas()["Tick"]["required"]
    ['tenant', 'watch', 'at_ms']
    """
    return {
        topic.message.__name__: {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"urn:patternwatch:schema:{SCHEMA_VERSION}:{topic.message.__name__}",
            **topic.message.model_json_schema(),
        }
        for topic in TOPICS
    }


def file_name(message: str) -> str:
    """The name of a message's file.

    >>> file_name("DeadLetter")
    'dead_letter'
    """
    return re.sub(r"(?<!^)(?=[A-Z])", "_", message).lower()


def asyncapi(version: str, roles: Iterable[Role], topic_prefix: str = "patternwatch.") -> Document:
    """The AsyncAPI 3 document of our topics and of the roles that read and write them.

    version  of the API, which is the product's

    >>> asyncapi("1.0", [], "patternwatch.")["channels"]["reports"]["address"]
    'patternwatch.reports'
    """
    kinds: list[tuple[type[Message], Literal["validation"]]] = [(t.message, "validation") for t in TOPICS]
    _, schemas = models_json_schema(kinds, ref_template="#/components/schemas/{model}")
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "patternwatch",
            "version": version,
            "description": "Alerts in, ranked reports of named shapes out, over Kafka. Every value is JSON "
            f"with `schema_version` {SCHEMA_VERSION}; unknown fields are to be ignored.",
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: _channel(topic, topic_prefix) for topic in TOPICS},
        "operations": {
            f"{role.name}.{action}.{topic.name}": _operation(action, role, topic)
            for role in roles
            for action, topics in (("receive", role.consumes), ("send", role.produces))
            for topic in topics
        },
        "components": {
            "messages": {topic.message.__name__: _message(topic) for topic in TOPICS},
            "schemas": schemas["$defs"],
        },
    }


def _channel(topic: Topic, prefix: str) -> Document:
    name = topic.message.__name__
    keeping: Document = {"cleanup.policy": topic.cleanup.split(",")}
    if "delete" in topic.cleanup:
        keeping["retention.ms"] = topic.retention_hours * 3_600_000
    return {
        "address": prefix + topic.name,
        "description": topic.text,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {"kafka": {"topicConfiguration": keeping, "bindingVersion": "0.5.0"}},
    }


def _message(topic: Topic) -> Document:
    name = topic.message.__name__
    message: Document = {
        "name": name,
        "summary": (topic.message.__doc__ or "").strip().split("\n")[0],
        "contentType": "application/json",
        "payload": {"$ref": f"#/components/schemas/{name}"},
    }
    if topic.key:
        made_of = "/".join("{" + part + "}" for part in topic.key)
        message["bindings"] = {
            "kafka": {"key": {"type": "string", "description": made_of}, "bindingVersion": "0.5.0"}
        }
    return message


def _operation(action: str, role: Role, topic: Topic) -> Document:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": f"{role.name}: {role.description}",
    }
