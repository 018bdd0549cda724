"""What real servers answered, replayed: `doctor`, the samples of a recorded incident, and its report."""

import httpx
import numpy as np
import pytest

from patternwatch.contracts.errors import SourceLimitError
from patternwatch.contracts.settings import AnalysisSettings, SourceSettings
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.query_form import is_result
from patternwatch.cortex.raw import RawSeries
from tests.recorded.exchanges import Exchanges, Replay
from tests.recorded.record import FIXTURES
from tests.recorded.servers import incident_series
from tests.recorded.visit import INCIDENT, Visit, request_of, visit

URL = "http://recorded"
REMOTE_READ = {"prometheus2": "ok", "prometheus3": "ok", "victoriametrics": "warn", "thanos": "warn"}
"""Which servers have it."""
EXTERNAL = {"site", "prometheus_replica"}
"""Labels that Prometheus adds to what it sends; Thanos takes the replica label off again."""


async def replayed(name: str) -> Visit:
    return await visit(URL, Replay(Exchanges.read(FIXTURES / f"{name}.json.xz")))


def by_labels(raw: RawSeries) -> dict[frozenset[tuple[str, str]], tuple[np.ndarray, np.ndarray]]:
    return {
        frozenset((name, value) for name, value in labels.items() if name not in EXTERNAL): (
            raw.timestamps[raw.offsets[i] : raw.offsets[i + 1]],
            raw.values[raw.offsets[i] : raw.offsets[i + 1]],
        )
        for i, labels in enumerate(raw.labels)
    }


@pytest.mark.parametrize("name", REMOTE_READ)
async def test_each_server_gives_the_incident_as_it_was_recorded(name: str) -> None:
    came = await replayed(name)
    incident, window = BundleSource(INCIDENT).incident, request_of(AnalysisSettings(step_ms=2000)).window
    start_ms = window.start_ms - 2 * window.step_ms + 1
    found, true = by_labels(came.raw), by_labels(incident_series().between(start_ms, window.end_ms))
    assert found.keys() == true.keys()
    for labels, (timestamps, values) in true.items():
        np.testing.assert_array_equal(found[labels][0], timestamps)
        # VictoriaMetrics keeps decimal numbers of fewer digits (its FAQ, "precision").
        np.testing.assert_allclose(found[labels][1], values, rtol=1e-11)
    report = came.report
    assert (report.status, report.counts.selected) == ("complete", len(true))
    assert incident.truth is not None
    assert [e.entity for e in report.entities[:1]] == incident.truth.services
    assert not [note for note in report.notes if "part" in note]


@pytest.mark.parametrize(("name", "remote_read"), REMOTE_READ.items())
async def test_doctor_finds_each_server_sound(name: str, remote_read: str) -> None:
    checks = (await replayed(name)).checks
    assert {check: found.verdict for check, found in checks.items()} == {
        "reachable": "ok",
        "tenant": "ok",
        "clock": "warn",  # of the day of the recording, days after the incident
        "metadata": "warn",  # the incident was imported, not scraped
        "series": "ok",
        "limits": "ok",
        "freshness": "ok",
        "remote read": remote_read,
        "scope": "ok",
        "whole answers": "ok",
    }
    assert checks["series"].finding == '39 series of 4 metrics under {__name__=~".+"}'
    assert checks["limits"].finding.startswith("a shard of 39 series, 11550 samples")


@pytest.mark.parametrize("name", ["prometheus2-limited", "prometheus3-limited"])
async def test_where_counts_are_refused_prometheus_is_read_all_the_same(name: str) -> None:
    came = await replayed(name)
    assert came.report.status == "complete"
    assert len(came.raw) == 39


async def test_victoria_metrics_refuses_more_series_than_its_flag_allows() -> None:
    with pytest.raises(SourceLimitError, match="number of matching timeseries exceeds 5"):
        await replayed("victoriametrics-limited")


async def test_thanos_answers_without_what_is_over_its_limit_and_that_is_a_refusal() -> None:
    """What Thanos 0.36.1 answered under --store.limits.request-series=5: a success with 5 of 39 series."""
    warned = (
        'receive series from Addr: 127.0.0.1:47563 LabelSets: {prometheus_replica="a"}: rpc error: '
        "code = Unknown desc = failed to send series: limit 5 violated (got 6)"
    )
    counted = [{"metric": {"__name__": "event_loop_lag_seconds"}, "value": [1795450168, "5"]}]
    said = {"status": "success", "data": {"resultType": "vector", "result": counted}, "warnings": [warned]}
    client = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=said)))
    connection = Connection(SourceSettings(url=URL), client)
    with pytest.raises(SourceLimitError, match="answered in part only: .*limit 5 violated"):
        await connection.data("a", "query", is_result, {"query": "up"})
    said["warnings"] = ["PromQL warning: the metric name is not that of a counter"]
    assert (await connection.data("a", "query", is_result, {"query": "up"}))["result"] == counted
    await client.aclose()


async def test_a_request_that_was_not_recorded_says_what_to_do() -> None:
    nothing = Exchanges("Prometheus 2.42.0", "2026-11-27")
    with pytest.raises(
        AssertionError, match=r"not asked this: POST /api/v1/query .*record the answers again"
    ):
        await visit(URL, Replay(nothing))


def test_the_recordings_are_small_and_say_of_which_server_they_are() -> None:
    files = sorted(FIXTURES.glob("*.json.xz"))
    assert sum(file.stat().st_size for file in files) < 200_000
    for file in files:
        recorded = Exchanges.read(file)
        assert recorded.server.split()[0].lower() in ("prometheus", "victoriametrics", "thanos")
        assert recorded.date >= "2026-11-27"
