"""Examples in docstrings are for readers of the code: no JSON Schema shows them."""

import orjson
import pytest

from patternwatch.contracts.documents import message_schemas
from patternwatch.contracts.topics import TOPICS, Topic


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_schema_describes_its_message_without_the_example(topic: Topic) -> None:
    schema = message_schemas()[topic.message.__name__]
    text = topic.message.__doc__ or ""
    assert ">>>" in text
    assert schema["description"] == text.split(">>>")[0].strip()
    assert ">>>" not in orjson.dumps(schema).decode()
