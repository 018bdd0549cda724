"""What is started is waited for as long as it comes further, and no longer."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from patternwatch.api.metrics import Metrics
from patternwatch.cli.local_stack import CARRIED, LocalStack, carried, of_worker
from patternwatch.cli.process_group import ProcessGroup
from patternwatch.cli.stack_folder import StackFolder, stack_folder
from patternwatch.contracts.errors import InputError, PatternwatchError
from patternwatch.kafka.dev.commands import DevKafka
from tests.fakes.http import answering_server

DEADLINE_S = 0.01


@pytest.fixture
def stack(tmp_path: Path) -> LocalStack:
    return LocalStack("http://api", "kafka", ProcessGroup(tmp_path), DevKafka(tmp_path), ())


class Way:
    """Comes to one place after the other, and stands still at the last; looked at once a deadline."""

    def __init__(self, places: Sequence[int]) -> None:
        self._places = places
        self.looks = 0

    def come_to(self) -> int:
        self.looks += 1
        return self._places[min(self.looks, len(self._places)) - 1]


def test_what_comes_further_is_waited_for_beyond_the_deadline(stack: LocalStack) -> None:
    way = Way(range(6))

    def ready() -> bool | None:
        return way.looks == 5 or None

    assert stack.wait("it", ready, DEADLINE_S, way.come_to)


def test_what_stands_still_for_a_whole_deadline_is_given_up(stack: LocalStack) -> None:
    way = Way((0, 1, 2))
    with pytest.raises(PatternwatchError, match="in vain for it"):
        stack.wait("it", lambda: None, DEADLINE_S, way.come_to)
    assert way.looks == 4, "a whole deadline at the last place"


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


def test_a_folder_at_which_the_address_of_its_database_would_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds a `\\?`"), stack_folder(tmp_path / "what?"):
        pass
    assert not list(tmp_path.iterdir())
