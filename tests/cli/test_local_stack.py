"""What is started is waited for as long as it comes further, and no longer."""

import time
from pathlib import Path

import pytest

from patternwatch.api.metrics import Metrics
from patternwatch.cli.local_stack import CARRIED, LocalStack, carried, of_worker
from patternwatch.cli.process_group import ProcessGroup
from patternwatch.cli.stack_folder import StackFolder
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.kafka.dev.commands import DevKafka
from tests.fakes.http import answering_server

DEADLINE_S = 0.3


@pytest.fixture
def stack(tmp_path: Path) -> LocalStack:
    return LocalStack("http://api", "kafka", ProcessGroup(tmp_path), DevKafka(tmp_path), ())


def test_what_comes_further_is_waited_for_beyond_the_deadline(stack: LocalStack) -> None:
    began = time.monotonic()

    def ready() -> bool | None:
        return time.monotonic() - began > 4 * DEADLINE_S or None

    assert stack.wait("it", ready, DEADLINE_S, come_to=time.monotonic)
    assert time.monotonic() - began > 4 * DEADLINE_S


def test_what_stands_still_for_a_whole_deadline_is_given_up(stack: LocalStack) -> None:
    began = time.monotonic()

    def come_to() -> int:
        return min(int((time.monotonic() - began) / DEADLINE_S * 4), 6)

    with pytest.raises(PatternwatchError, match="in vain for it"):
        stack.wait("it", lambda: None, DEADLINE_S, come_to)
    assert time.monotonic() - began > 2 * DEADLINE_S


def test_the_feed_tells_how_far_it_has_come() -> None:
    metrics = Metrics()
    metrics.feed_records.labels("reports").inc(7)
    with answering_server(lambda _method, _path: metrics.exposition()) as address:
        before = carried(f"http://{address}")
        metrics.feed_records.labels("reports").inc()
        assert carried(f"http://{address}") != before
    assert before == (CARRIED + 'topic="reports"} 7.0',)
    assert carried("http://127.0.0.1:1") == ()


def test_what_watches_have_learned_is_kept_in_the_folder_unless_a_setting_says_where(tmp_path: Path) -> None:
    place = StackFolder(tmp_path)
    assert of_worker(place, {"PORT": "1"}, 9464) == {
        "WATCH_STATE": str(tmp_path / "watches"), "PORT": "1", "METRICS_PORT": "9464",
    }  # fmt: skip
    assert of_worker(place, {"WATCH_STATE": "/elsewhere"}, 9464)["WATCH_STATE"] == "/elsewhere"
