"""What a watch would take is read off one look at a server, and said before it is made."""

import json
import time
from collections.abc import Iterator

import pytest

from tests.cli.test_commands import patternwatch
from tests.cortex.faulty_server import Series, State, faulty_server

SELECTOR = '{job="shop"}'


@pytest.fixture(autouse=True)
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[State]:
    with faulty_server() as (url, state):
        state.metadata = {f"queue_{i}": [{"type": "gauge"}] for i in range(4)}
        now_ms = time.time_ns() // 1_000_000
        for i in range(40):
            labels = {"__name__": f"queue_{i % 4}", "job": "shop", "instance": f"pod-{i}"}
            state.series.append(Series(labels, {now_ms - n * 1000: float(n % 5) for n in range(150)}))
        monkeypatch.setenv("PATTERNWATCH_SOURCE__URL", url)
        monkeypatch.setenv("PATTERNWATCH_ANALYSIS__STEP_MS", "1000")
        yield state


def told(*options: str) -> dict[str, object]:
    done = patternwatch("watches", "cost", SELECTOR, "--format", "json", *options)
    assert done.exit_code in (0, 1), done.output
    found: dict[str, object] = json.loads(done.stdout)
    assert found["ok"] is (done.exit_code == 0)
    return found


def test_one_look_is_measured(server: State) -> None:
    found = told("--every", "30s")
    assert (found["selected"], found["series"], found["ok"]) == (40, 40, True)
    assert 40 * 4000 < found["memory_bytes"] < 40 * 12_000  # type: ignore[operator]
    assert 1 <= found["tick_requests"] < len(server.asked)  # type: ignore[operator]
    assert found["tick_bytes"] > 40 * 30  # type: ignore[operator]
    assert found["begin_requests"] > 100  # type: ignore[operator]
    assert found["interval_s"] == 30.0


def test_a_longer_interval_has_more_to_read_at_each_look() -> None:
    often, seldom = told("--every", "2s"), told("--every", "60s")
    assert often["tick_bytes"] < seldom["tick_bytes"]  # type: ignore[operator]
    assert often["memory_bytes"] == pytest.approx(seldom["memory_bytes"], rel=0.1)


def test_what_a_worker_could_not_bear_is_said(monkeypatch: pytest.MonkeyPatch, server: State) -> None:
    monkeypatch.setenv("PATTERNWATCH_WATCH_MEMORY_MIB", "1")
    assert told()["troubles"] == []
    for i in range(200):
        labels = {"__name__": "queue_0", "job": "shop", "instance": f"other-{i}"}
        server.series.append(Series(labels, server.series[0].samples))
    done = patternwatch("watches", "cost", SELECTOR)
    assert done.exit_code == 1
    assert "too much:" in done.output
    assert "PATTERNWATCH_WATCH_MEMORY_MIB" in done.output
    assert "MiB of memory, and watches may have 1 MiB" in str(told()["troubles"])


@pytest.mark.parametrize(
    ("selector", "options", "words"),
    [
        ('{job="none"}', (), "chooses no series of tenant default"),
        ("{job=", (), "cannot be read"),
        (SELECTOR, ("--tenant", "other"), "There is no tenant 'other'"),
    ],
)
def test_what_cannot_be_watched_says_so(selector: str, options: tuple[str, ...], words: str) -> None:
    done = patternwatch("watches", "cost", selector, *options)
    assert (done.exit_code, words in done.output) == (2, True), done.output


def test_a_table_for_people() -> None:
    done = patternwatch("watches", "cost", SELECTOR)
    assert done.exit_code == 0, done.output
    assert all(word in done.output for word in ("series", "memory", "each look", "CPU", "to begin"))
