"""Which label partitions a metric: few cheap questions, and no series is left out."""

from collections.abc import AsyncIterator, Iterator

import pytest

from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.label_partition import LabelPartition
from patternwatch.cortex.prometheus import PrometheusSource
from tests.cortex import faulty_server as faults
from tests.cortex.faulty_server import State, faulty_server
from tests.cortex.test_census import WINDOW, WORDS, add, counted, early

ONE = parse_selector('wild{job="j"}')


@pytest.fixture
def server() -> Iterator[tuple[str, State]]:
    """20 targets with two pods each; one target ended early, and some series have no instance."""
    with faulty_server() as (url, state):
        for i in range(20):
            for pod in ("a", "b"):
                add(state, "wild", instance=f"i{i}", pod=f"{pod}{i}", path=f"/{i}")
        add(state, "wild", early(0.2), instance="ended", pod="c", path="/x")
        add(state, "wild", early(0.2), pod="none", path="/y")
        yield url, state


@pytest.fixture
async def source(server: tuple[str, State]) -> AsyncIterator[PrometheusSource]:
    made = PrometheusSource(SourceSettings(url=server[0], timeout_s=60, tries=1))
    yield made
    await made.close()


def covered(partition: LabelPartition | None, state: State) -> int:
    assert partition is not None
    return sum(partition.matcher.matches(one.labels) for one in state.series)


async def test_the_first_well_known_label_that_fits_is_taken(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    found = await source.partition("t", ONE, WINDOW, 5)
    assert found is not None
    assert found.label == "instance"
    asked = counted(server[1])
    assert not [query for query in asked if "by (pod)" in query]
    assert len([query for query in asked if "last_over_time" in query and "i1" in query]) == 0


async def test_values_that_ended_and_series_without_the_label_are_covered(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    found = await source.partition("t", ONE, WINDOW, 5)
    assert covered(found, server[1]) == 42
    assert found is not None
    assert {("ended",): 1, ("",): 1}.items() <= dict(found.groups).items()


async def test_no_values_listed_no_matter(server: tuple[str, State], source: PrometheusSource) -> None:
    server[1].faults = [faults.status(404, "", "label/instance/values")]
    assert covered(await source.partition("t", ONE, WINDOW, 5), server[1]) == 42


async def test_a_label_that_cannot_be_counted_is_cut_evenly(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].refuse_count = lambda _query, series: (422, WORDS) if series > 10 else None
    assert covered(await source.partition("t", ONE, WINDOW, 5), server[1]) == 42


async def test_labels_that_are_not_told_are_guessed(
    server: tuple[str, State], source: PrometheusSource
) -> None:
    server[1].faults = [faults.status(500, "no", "labels")]
    assert covered(await source.partition("t", ONE, WINDOW, 5), server[1]) == 42
