"""The AsyncAPI document and the schemas of messages, as readers of other languages get them."""

import pytest

from patternwatch.contracts.documents import asyncapi, file_name, message_schemas
from patternwatch.contracts.roles import Role
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import DEAD_LETTERS, REPORTS, TICKS, TOPICS

CLOCK = Role("clock", "Says when to look.", consumes=(REPORTS,), produces=(TICKS, DEAD_LETTERS))


def test_a_schema_stands_alone_and_says_whose_it_is() -> None:
    schemas = message_schemas()
    assert set(schemas) == {topic.message.__name__ for topic in TOPICS}
    assert schemas["Tick"] == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:patternwatch:schema:2:Tick",
        **Tick.model_json_schema(),
    }


@pytest.mark.parametrize(
    ("message", "name"), [("Tick", "tick"), ("DeadLetter", "dead_letter"), ("ShardResult", "shard_result")]
)
def test_a_schemas_file_is_named_in_snake_case(message: str, name: str) -> None:
    assert file_name(message) == name


def test_the_document_tells_what_it_is_and_of_every_topic_and_message() -> None:
    document = asyncapi("1.2", [])
    assert {name: value for name, value in document.items() if name not in ("channels", "components")} == {
        "asyncapi": "3.0.0",
        "info": {
            "title": "patternwatch",
            "version": "1.2",
            "description": "Alerts in, ranked reports of named shapes out, over Kafka. Every value is JSON "
            "with `schema_version` 2; unknown fields are to be ignored.",
        },
        "defaultContentType": "application/json",
        "operations": {},
    }
    assert set(document["channels"]) == {topic.name for topic in TOPICS}
    components, names = document["components"], {topic.message.__name__ for topic in TOPICS}
    assert set(components) == {"messages", "schemas"}
    assert set(components["messages"]) == names
    assert set(components["schemas"]) >= names
    assert components["schemas"]["Look"]["properties"]["request"] == {
        "$ref": "#/components/schemas/AnalysisRequest",
        "description": "As it was asked for last; its alert as it was received last.",
    }
    assert document["channels"]["ticks"]["address"] == "patternwatch.ticks"


def test_a_channel_says_how_long_kafka_keeps_its_records() -> None:
    channels = asyncapi("1.2", [], "p.")["channels"]
    assert channels["ticks"] == {
        "address": "p.ticks",
        "description": "Times to look at watched clusters.",
        "messages": {"Tick": {"$ref": "#/components/messages/Tick"}},
        "bindings": {
            "kafka": {
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": 3_600_000},
                "bindingVersion": "0.5.0",
            }
        },
    }
    assert channels["reports"]["bindings"]["kafka"]["topicConfiguration"] == {"cleanup.policy": ["compact"]}


def test_a_message_says_what_its_records_key_is_made_of() -> None:
    messages = asyncapi("1.2", [])["components"]["messages"]
    assert messages["Tick"] == {
        "name": "Tick",
        "summary": (Tick.__doc__ or "").split("\n")[0],
        "contentType": "application/json",
        "payload": {"$ref": "#/components/schemas/Tick"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "{tenant}/{watch}"},
                "bindingVersion": "0.5.0",
            }
        },
    }
    assert messages["DeadLetter"]["bindings"]["kafka"]["key"]["description"] == "{try_id}"


def test_an_operation_says_who_reads_or_writes_which_topic() -> None:
    assert asyncapi("1.2", [CLOCK])["operations"] == {
        "clock.receive.reports": {
            "action": "receive",
            "channel": {"$ref": "#/channels/reports"},
            "summary": "clock: Says when to look.",
        },
        "clock.send.ticks": {
            "action": "send",
            "channel": {"$ref": "#/channels/ticks"},
            "summary": "clock: Says when to look.",
        },
        "clock.send.dead-letter": {
            "action": "send",
            "channel": {"$ref": "#/channels/dead-letter"},
            "summary": "clock: Says when to look.",
        },
    }
