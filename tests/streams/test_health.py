"""A worker says whether it lives and whether it can work; where it cannot go on it ends, and says why."""

import json
import threading
import time
import urllib.request
from urllib.error import HTTPError

import pytest
from prometheus_client import CollectorRegistry, Gauge

from patternwatch.contracts.errors import PatternwatchError
from patternwatch.streams.consumer.loop_watch import LoopWatch
from patternwatch.streams.consumer.membership import Membership
from patternwatch.streams.consumer.watchdog import StalledError
from patternwatch.streams.health import DEAD_AFTER_S, WorkerHealth
from patternwatch.streams.status_server import serving_status
from tests.fakes.clock import FakeClock


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_it_is_ready_when_every_check_is_well_and_says_what_is_not() -> None:
    health = WorkerHealth()
    registry = CollectorRegistry()
    Gauge("some_gauge", "x", registry=registry)
    with serving_status("127.0.0.1", 0, registry, health) as port:
        code, body = asked(port, "/health/ready")
        assert code == 503
        assert json.loads(body)["checks"]["brokers"] == {
            "ok": False,
            "reason": "Kafka has not been asked yet",
        }
        for check in ("brokers", "sending", "partitions", "warm-up"):
            health.tell(check)
        assert asked(port, "/health/ready")[0] == 200
        health.tell("brokers", "Kafka did not answer")
        code, body = asked(port, "/health/ready")
        assert (code, json.loads(body)["ready"]) == (503, False)
        assert "some_gauge" in asked(port, "/metrics")[1]


def test_it_is_live_while_its_loop_turns() -> None:
    clock = FakeClock()
    health = WorkerHealth(clock)
    with serving_status("127.0.0.1", 0, CollectorRegistry(), health) as port:
        assert asked(port, "/health/live") == (200, '{"status": "alive"}')
        clock.now += DEAD_AFTER_S + 1
        assert asked(port, "/health/live") == (503, '{"reason": "Its event loop has not turned for 16 s"}')


def test_it_answers_on_addresses_of_either_kind() -> None:
    health = WorkerHealth()
    for host, name in (("127.0.0.1", "127.0.0.1"), ("::1", "[::1]"), ("::", "[::1]"), ("::", "127.0.0.1")):
        with (
            serving_status(host, 0, CollectorRegistry(), health) as port,
            urllib.request.urlopen(f"http://{name}:{port}/health/live", timeout=60) as answer,
        ):
            assert answer.status == 200


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    health = WorkerHealth()
    with (
        serving_status("127.0.0.1", 0, CollectorRegistry(), health) as port,
        pytest.raises(PatternwatchError, match=f"127.0.0.1:{port}.*METRICS_PORT"),
        serving_status("127.0.0.1", port, CollectorRegistry(), health),
    ):
        pass


def test_a_loop_that_stands_still_is_ended_with_what_it_was_doing() -> None:
    ended: list[tuple[str, str]] = []
    done = threading.Event()

    def end(reason: str, stack: str) -> None:
        ended.append((reason, stack))
        done.set()

    watch = LoopWatch(lambda: 1, 0.02, end, tick_s=0.01)
    watch.start()
    _busy(done)
    ((reason, stack),) = ended
    assert "has not turned" in reason
    assert "_busy" in stack


def _busy(done: threading.Event) -> None:
    until = time.monotonic() + 60
    while not done.is_set() and time.monotonic() < until:
        pass


def test_a_loop_that_turns_is_left_alone() -> None:
    beats = iter(range(1_000_000))
    ended: list[str] = []
    watch = LoopWatch(lambda: next(beats), 0.02, lambda *told: ended.append(told[0]), tick_s=0.005)
    watch.start()
    threading.Event().wait(0.2)
    watch.stop()
    assert ended == []
    assert next(beats) > 3


def test_a_worker_that_is_dealt_nothing_ends_only_where_kafka_answers() -> None:
    clock = FakeClock()
    membership = Membership(180, clock)
    membership.assigned()
    clock.now += 1000
    membership.check(brokers_answer=True)
    membership.revoked()
    clock.now += 170
    membership.check(brokers_answer=False)
    clock.now += 170
    membership.check(brokers_answer=True)
    clock.now += 11
    with pytest.raises(StalledError, match="no partitions for 181 s"):
        membership.check(brokers_answer=True)
    membership.assigned()
    membership.check(brokers_answer=True)
