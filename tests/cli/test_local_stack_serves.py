"""What serves goes on serving: a broker that cannot start at once is tried again."""

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from patternwatch.cli import local_stack
from patternwatch.cli.local_stack import LocalStack
from patternwatch.cli.process_group import ProcessGroup
from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.kafka.dev.commands import DevKafka


class Served(BaseException):
    """Ends a stack that serves for ever."""


class Broker:
    """A broker that was killed, and whose port is taken for a while."""

    log_file = Path("kafka.log")

    def __init__(self) -> None:
        self.now, self.free_at, self.tried = 1000.0, 1006.0, list[float]()
        self.runs = False

    def running(self) -> object:
        return self if self.runs else None

    def start(self) -> None:
        self.tried.append(self.now)
        if self.now < self.free_at:
            raise BrokerUnavailableError("Port 9092 is taken")
        self.runs = True

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if self.now > self.free_at + 60:
            raise Served


def test_a_broker_whose_port_is_taken_for_a_while_is_started_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker()
    monkeypatch.setattr(local_stack, "time", broker)
    stack = LocalStack("", "", ProcessGroup(tmp_path), as_kafka(broker), ())
    with capture_logs() as logs, pytest.raises(Served):
        stack.serve()
    assert [at - 1000.0 for at in broker.tried] == [0.0, 1.0, 3.0, 7.0]
    waits = [(one["reason"], one["again_in_s"]) for one in logs if one["event"] == "kafka.not_started"]
    assert waits == [("Port 9092 is taken", pause_s) for pause_s in (1.0, 2.0, 4.0)]


def as_kafka(broker: Broker) -> DevKafka:
    kafka: DevKafka = broker  # type: ignore[assignment] # as much of one as serving asks for
    return kafka
