"""A source that holds less than the window: found out by a few questions, and told apart from births."""

from collections.abc import AsyncIterator, Iterator

import pytest

from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.history import PROBED_NAMES
from patternwatch.cortex.prometheus import PrometheusSource
from tests.cortex.faulty_server import State, faulty_server
from tests.cortex.test_census import ALL, ROWS, STEP, WINDOW, add, early

HALF = WINDOW.start_ms + 150 * STEP


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    with faulty_server() as (url, state):
        yield url, state


@pytest.fixture
async def source(server: tuple[str, State]) -> AsyncIterator[PrometheusSource]:
    made = PrometheusSource(SourceSettings(url=server[0], tries=1))
    yield made
    await made.close()


def late(row: int) -> range:
    return range(WINDOW.start_ms + row * STEP, WINDOW.end_ms + 1, STEP)


async def test_a_window_that_is_held_whole_costs_one_question(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    for i in range(9):
        add(server[1], f"m{i}")
    await source.count("t", ALL, WINDOW)
    before = len(server[1].asked)
    assert await source.begins_at("t", ALL, WINDOW) is None
    assert len(server[1].asked) == before + 1


async def test_samples_that_all_begin_late_are_the_sources_history(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    for i in range(9):
        add(server[1], f"m{i}", late(150 + i % 2))
    assert await source.begins_at("t", ALL, WINDOW) == HALF


async def test_small_metrics_that_were_born_late_are_births(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    for i in range(9):
        add(server[1], f"m{i}", late(150))
    for pod in "abc":
        add(server[1], "old", ROWS, pod=pod)
    assert await source.begins_at("t", ALL, WINDOW) is None


async def test_so_are_they_where_the_old_ones_have_ended(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    for i in range(9):
        add(server[1], f"m{i}", late(150))
    for pod in "abc":
        add(server[1], "old", early(0.3), pod=pod)
    assert await source.begins_at("t", ALL, WINDOW) is None


async def test_of_many_names_some_are_asked_for(server: tuple[str, State], source: PrometheusSource) -> None:
    for i in range(300):
        add(server[1], f"m{i:03d}", late(150) if i % 150 < 6 else late(0))
    await source.count("t", ALL, WINDOW)
    before = len(server[1].queries())
    assert await source.begins_at("t", ALL, WINDOW) is None
    probes = [query for query in server[1].queries()[before:] if query.startswith("count")]
    assert len(probes) == 2
    assert all(query.count("|") < PROBED_NAMES for query in probes)
    assert "m299" not in probes[1] or "m298" not in probes[1]


async def test_nothing_at_all_has_no_beginning(server: tuple[str, State], source: PrometheusSource) -> None:
    assert await source.begins_at("t", ALL, WINDOW) is None


async def test_a_scrape_of_five_minutes_begins_in_time(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    for i in range(9):
        add(server[1], f"m{i}", range(WINDOW.start_ms + 8 * STEP, WINDOW.end_ms, 10 * STEP))
    assert await source.begins_at("t", ALL, WINDOW) is None
