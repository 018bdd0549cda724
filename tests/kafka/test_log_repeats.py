"""What aiokafka says again and again is said once, once a minute, and when it ends."""

import asyncio
import io
import logging
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer, client
from aiokafka.errors import KafkaConnectionError

from patternwatch.contracts.settings import LogSettings
from patternwatch.log_repeats import AWAY_TEMPLATES, RepeatedClientErrors
from patternwatch.logs import configure_logs
from tests.support import free_port


class Said:
    """A handler with the filter, under a clock of ours."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.lines, self._due = 0.0, list[str](), list[tuple[float, object]]()
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        handler.addFilter(RepeatedClientErrors(lambda: self.now, self._later))
        handler.emit = lambda record: self.lines.append(record.getMessage())  # type: ignore[method-assign]
        monkeypatch.setattr(logging.getLogger(), "handlers", [handler])

    def _later(self, seconds: float, call: object) -> None:
        self._due.append((self.now + seconds, call))

    def pass_to(self, now: float) -> None:
        while due := sorted(((at, n) for n, (at, _) in enumerate(self._due) if at <= now)):
            at, call = self._due.pop(due[0][1])
            self.now = at
            call()  # type: ignore[operator]
        self.now = now


def away(client: str = "aiokafka") -> None:
    """What one try says while the broker is away."""
    error = KafkaConnectionError("Connect call failed")
    logging.getLogger(client).error("Unable connect to node with id %s: %s", 1, error)
    logging.getLogger(client).error("Unable to update metadata from %s", [1])


def test_an_outage_is_three_lines_and_one_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(monkeypatch)
    for tenth in range(1300):
        said.pass_to(tenth / 10)
        away()
    said.pass_to(200.0)
    first, *minutes, last = said.lines
    assert first == "Unable connect to node with id 1: KafkaConnectionError: Connect call failed"
    assert [line.partition(" (and ")[2] for line in minutes] == ["1,199 more within 60 s)"] * 2
    assert last == "Kafka is back: connecting had failed 2600 times within 130 s"
    said.pass_to(300.0)
    away()
    assert said.lines[-1] == first, "another outage begins anew"


def test_other_words_are_kept_apart_and_other_libraries_let_through(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(monkeypatch)
    away()
    for _ in range(3):
        logging.getLogger("aiokafka.cluster").error("Topic %s is not authorized for this client", "a")
        logging.getLogger("faust.transport").error("it is bad")
    assert said.lines.count("it is bad") == 3
    assert said.lines.count("Topic a is not authorized for this client") == 1
    said.pass_to(10.0)
    assert said.lines[-2:] == [
        "Kafka is back: connecting had failed 2 times within 0 s",
        "Over: 'Topic %s is not authorized for this client' was said 3 times within 0 s",
    ]


def test_a_single_error_has_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(monkeypatch)
    logging.getLogger("aiokafka.conn").warning("Sending username and password in the clear")
    said.pass_to(10.0)
    assert len(said.lines) == 1


async def test_a_real_client_without_a_broker_says_it_once(capsys: pytest.CaptureFixture[str]) -> None:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        configure_logs(LogSettings(level="warning"))
        for _ in range(5):
            client = AIOKafkaProducer(bootstrap_servers=f"127.0.0.1:{free_port()}")
            with pytest.raises(KafkaConnectionError):
                await client.start()
            await client.stop()
        await asyncio.sleep(0)
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    assert capsys.readouterr().err.count("Unable connect") == 1


def test_the_words_are_those_of_the_client_that_is_installed() -> None:

    source = Path(client.__file__).read_text()
    assert [words for words in AWAY_TEMPLATES if words not in source] == []
