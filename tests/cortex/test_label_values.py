"""The values that a label has among the series of a selection, from a server and from a recording."""

from pathlib import Path

from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.source import LabelValues
from tests.cortex.faulty_server import faulty_server
from tests.cortex.test_census import WINDOW, add

EXAMPLE = Path(__file__).parents[2] / "examples" / "incidents" / "cart-memory-leak.parquet"


async def test_a_server_lists_those_of_the_selection() -> None:
    with faulty_server() as (url, state):
        for cluster in ("eu-2", "eu-1", "eu-1"):
            add(state, "up", cluster=cluster)
        add(state, "down", cluster="us-1")
        source = PrometheusSource(SourceSettings(url=url, tries=1))
        assert isinstance(source, LabelValues)
        assert await source.values("t", parse_selector("up"), "cluster", WINDOW) == ["eu-1", "eu-2"]
        assert await source.values("t", parse_selector("up"), "zone", WINDOW) == []
        await source.close()


async def test_so_does_a_recording() -> None:
    source = BundleSource(EXAMPLE)
    incident = source.incident
    window = Window.ending(incident.end_ms, incident.end_ms, incident.step_ms)
    assert isinstance(source, LabelValues)
    values = await source.values("t", parse_selector('{job!=""}'), "job", window)
    assert len(values) > 3
    assert values == sorted(set(values))
    assert await source.values("t", parse_selector(f'{{job="{values[0]}"}}'), "job", window) == [values[0]]
