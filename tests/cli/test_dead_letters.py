"""Dead letters as a person deals with them, on a real Kafka with a worker."""

import asyncio
import base64
import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner, Result

from patternwatch.cli.main import app
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.dead_letters import DeadLetter
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import KafkaSettings, TenantSettings
from patternwatch.contracts.topics import ALERTS, DEAD_LETTERS, REQUESTS
from patternwatch.kafka.dead_letters import chosen, open_letters, read_letters
from patternwatch.kafka.topic_reader import Record
from patternwatch.kafka.topics import topic_name
from tests.fakes.messages import TENANT, an_alert
from tests.streams.kafka_test_client import KafkaTestClient, running, worker_settings

STRANGER = an_alert(tenant="stranger")


@pytest.fixture
def command(kafka_settings: KafkaSettings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`patternwatch dead-letters ...` as run in a shell with this Kafka in its environment."""
    monkeypatch.setenv("PATTERNWATCH_KAFKA__BOOTSTRAP", kafka_settings.bootstrap)
    monkeypatch.setenv("PATTERNWATCH_KAFKA__TOPIC_PREFIX", kafka_settings.topic_prefix)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(app, ["dead-letters", *arguments])


async def test_a_letter_is_listed_shown_sent_again_and_dropped(
    kafka_settings: KafkaSettings, command: Callable[..., Result]
) -> None:
    name = topic_name(kafka_settings, DEAD_LETTERS)

    async def run(*arguments: str) -> str:
        done = await asyncio.to_thread(command, *arguments)
        assert done.exit_code == 0, done.output
        return done.output

    async with KafkaTestClient(kafka_settings) as client:

        def letters() -> list[DeadLetter]:
            return [decode(value, DeadLetter) for topic, value in client.read if topic == name and value]

        assert await run("list") == "There are no open dead letters.\n"
        assert json.loads(await run("list", "--format", "json")) == []
        async with running(worker_settings(kafka_settings, group="one")):
            await client.send(ALERTS, STRANGER)
            await client.until("a letter", letters)
            await client.send_raw(ALERTS, b"no alert")
            await client.until("two letters", lambda: len(letters()) == 2)
            first, second = letters()
            listed = await run("list")
            assert listed.count("UnknownTenantError") == listed.count("UndecodableError") == 1
            told = json.loads(await run("list", "--format", "json"))
            assert sorted(one["error"] for one in told) == ["UndecodableError", "UnknownTenantError"]
            shown = await run("show", first.letter_id[:8])
            assert "in tenant_named" in shown, "the stack"
            assert f"from:    {topic_name(kafka_settings, ALERTS)}, partition" in shown
            assert '"tenant":"stranger"' in shown

            assert "\n1 sent again\n" in "\n" + await run("replay", first.letter_id)
            await client.until("the same letter again", lambda: len(letters()) == 3)
            assert letters()[-1].letter_id == first.letter_id
            assert letters()[-1].offset > first.offset
        assert sorted(one.tries for one in await read_letters(kafka_settings)) == [1, 2]
        assert await run("drop", second.letter_id) == "1 dropped\n"
        (left,) = await read_letters(kafka_settings)
        assert (left.letter.letter_id, left.first_seen_ms) == (first.letter_id, first.at_ms)

        tenants = (TenantSettings(id=TENANT), TenantSettings(id="stranger"))
        async with running(worker_settings(kafka_settings, group="one", tenants=tenants)):
            assert "\n1 sent again\n" in "\n" + await run("replay", "--all")
            await client.until("its request", lambda: client.on(REQUESTS, AnalysisRequest))
        assert await run("list") == "There are no open dead letters.\n"


def test_what_is_meant_has_to_be_said(command: Callable[..., Result]) -> None:
    for arguments in (["drop"], ["replay", "--all", "x"]):
        done = command(*arguments)
        assert done.exit_code == 2
        assert "Give either ids or --all" in done.output


def a_letter(**changes: object) -> DeadLetter:
    fields: dict[str, object] = {
        "topic": "p.alerts",
        "partition": 0,
        "offset": 7,
        "value": base64.b64encode(b"{}").decode(),
        "error": "E",
        "reason": "why",
        "at_ms": 1000,
    }
    return DeadLetter.model_validate(fields | changes)


def on_topic(*letters: DeadLetter | bytes) -> list[Record]:
    return [
        Record("p.dead-letter", 0, n, one, None)
        if isinstance(one, bytes)
        else Record("p.dead-letter", 0, n, one.try_id.encode(), encode(one))
        for n, one in enumerate(letters)
    ]


def test_tries_of_one_record_are_one_letter_and_other_records_are_others() -> None:
    first, again = a_letter(), a_letter(offset=9, at_ms=5000, reason="why now")
    other = a_letter(value="eA==", at_ms=3000)
    empty, another = a_letter(value=None), a_letter(value=None, offset=8)
    assert len({one.letter_id for one in (first, other, empty, another)}) == 4
    # Sent again, it may fail before it is noted that it was sent.
    found = open_letters(on_topic(first, other, again, first.try_id.encode()))
    assert [(one.letter.reason, one.tries, one.first_seen_ms) for one in found] == [
        ("why now", 2, 1000),
        ("why", 1, 3000),
    ]
    assert open_letters([Record("p.dead-letter", 0, 9, None, b"no letter")]) == []


def test_an_id_means_one_letter() -> None:
    letters = open_letters(on_topic(a_letter(), a_letter(value="eA==")))
    whole = letters[0].letter.letter_id
    assert chosen(letters, [whole[:8]]) == [letters[0]]
    for wrong, said in (("", "2 open"), ("zz", "no open")):
        with pytest.raises(NotFoundError, match=said):
            chosen(letters, [wrong])
