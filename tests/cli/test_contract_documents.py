import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from patternwatch.cli.docs.contracts import documents
from patternwatch.cli.docs.pages import write
from patternwatch.contracts.attempts import Attempt
from patternwatch.contracts.base import Message
from patternwatch.contracts.codec import encode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.documents import file_name
from patternwatch.contracts.episodes import Episode
from patternwatch.contracts.looks import Look
from patternwatch.contracts.shard_results import ShardResult
from patternwatch.contracts.shards import Shard
from patternwatch.contracts.ticks import Tick
from patternwatch.contracts.topics import TOPICS
from patternwatch.contracts.watch_states import WatchState
from patternwatch.contracts.watches import make_watch
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import a_joined_alert, a_progress, a_report, a_request, an_alert, an_example

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return documents()


def loaded(made: dict[str, str], path: str) -> Any:
    return json.loads(made[path])


def shard() -> Shard:
    request = a_request()
    return Shard(
        shard_id="r1-0",
        number=0,
        of=1,
        request=request,
        matchers=request.matchers,
        expected_series=10,
        max_candidates=5,
    )


EXAMPLES: list[Message] = [
    an_alert(),
    a_request(alert=an_alert()),
    shard(),
    ShardResult(shard_id="r1-0", number=0, of=1, request=a_request()),
    a_report(alert=an_alert()),
    a_progress("planned"),
    Tick(tenant="a", watch="w", at_ms=NOW_MS),
    Episode(
        tenant="a",
        watch="w",
        cause="checkout",
        report_id="r",
        revision=1,
        opened_ms=1,
        last_seen_ms=2,
        open=True,
    ),
    Look(request=a_request(alert=an_alert()), look=1, due_ms=NOW_MS, revision=4, changed_ms=NOW_MS),
    a_joined_alert(),
    Attempt(tenant="a", work="shard/r1-0", tries=1, at_ms=NOW_MS),
    an_example(),
    make_watch("a", "w", "up"),
    WatchState(tenant="a", watch="w", at_ms=NOW_MS, condition="quiet"),
    DeadLetter(topic="t", partition=0, offset=1, error="E", reason="why", at_ms=NOW_MS),
]


def test_the_documents_in_the_repository_are_those_of_the_code(made: dict[str, str]) -> None:
    lagging = [path for path, text in made.items() if _on_disk(path) != text]
    assert lagging == [], "run `make docs`"
    kept = {f"schemas/{p.name}" for p in (DOCS / "schemas").glob("*.json")}
    assert kept == {path for path in made if path.startswith("schemas/")}, "a schema without a message"


def _on_disk(path: str) -> str:
    file = DOCS / path
    return file.read_text(encoding="utf-8") if file.exists() else ""


def test_they_are_written_where_asked(tmp_path: Path, made: dict[str, str]) -> None:
    write(tmp_path)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {*made, "settings.md", "metrics.md", "cli.md"}


@pytest.mark.parametrize("message", EXAMPLES, ids=lambda m: type(m).__name__)
def test_what_is_encoded_fulfils_its_schema(made: dict[str, str], message: Message) -> None:
    schema = loaded(made, f"schemas/{file_name(type(message).__name__)}.json")
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(encode(message)))


def test_every_topic_has_an_example_here() -> None:
    assert {type(m) for m in EXAMPLES} == {topic.message for topic in TOPICS}


@pytest.mark.parametrize("path", ["asyncapi.json", "openapi.json"])
def test_every_reference_leads_somewhere(made: dict[str, str], path: str) -> None:
    document = loaded(made, path)
    references = list(_references(document))
    assert references
    for reference in references:
        found = document
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        assert found


def test_every_channel_is_sent_to_and_every_operation_has_a_channel(made: dict[str, str]) -> None:
    document = loaded(made, "asyncapi.json")
    sent = {
        o["channel"]["$ref"].removeprefix("#/channels/")
        for o in document["operations"].values()
        if o["action"] == "send"
    }
    assert sent == set(document["channels"])
    assert document["channels"]["reports"]["address"] == "patternwatch.reports"
    kafka = document["channels"]["reports"]["bindings"]["kafka"]["topicConfiguration"]
    assert kafka == {"cleanup.policy": ["compact"]}


def test_every_operation_is_named_tagged_and_tells_its_problems(made: dict[str, str]) -> None:
    document = loaded(made, "openapi.json")
    tags = {tag["name"] for tag in document["tags"]}
    names = []
    for path, operations in document["paths"].items():
        for operation in operations.values():
            names.append(operation["operationId"])
            assert set(operation["tags"]) <= tags
            assert operation["description"]
            failures = {s: a for s, a in operation["responses"].items() if s[0] in "45"}
            assert failures or "{tenant}" not in path
            for status, answer in failures.items():
                kind = "application/json" if path == "/health/ready" else "application/problem+json"
                assert list(answer["content"]) == [kind], (path, status)
    assert len(names) == len(set(names))
    assert "ValidationError" not in document["components"]["schemas"]


def _references(value: Any) -> Any:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                yield inner
            else:
                yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)
