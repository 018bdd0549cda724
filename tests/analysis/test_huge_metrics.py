"""A metric with more series than a shard holds is cut by a label; one over the cap is left out, and told."""

from pathlib import Path

import numpy as np
import pytest

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.analysis.planning.shards import OVER_CAP, oversized_metrics, plan_shards
from patternwatch.analysis.scan import scan
from patternwatch.cli.one_process import analyze
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import SelectorError
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle import Incident, write_bundle
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.label_partition import by_label
from patternwatch.cortex.raw import ragged
from patternwatch.detectors.base import Vector

STEP_MS = 2000
ROWS, AT = 320, 250
START_MS = 1_700_000_000_000


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> BundleSource:
    """Gauges, counters (one born late) and histograms of twenty targets; those of one shift up."""
    rng = np.random.default_rng(3)
    times = START_MS + STEP_MS * np.arange(ROWS, dtype=np.int64)
    labels, categories, stamps, values = [], [], [], []

    def add(name: str, category: str, series: Vector, own: dict[str, str], first: int = 0) -> None:
        labels.append({"__name__": name, "cluster": "c", "job": "j"} | own)
        categories.append(category)
        stamps.append(times[first:])
        values.append(series[first:])

    for n in range(20):
        target = {"instance": f"i{n}", "service": f"s{n % 10}"}
        shift = np.where(np.arange(ROWS) >= AT, 30.0 if n == 7 else 0.0, 0.0)
        for queue in "abc":
            add("depth", "gauge", 10 + rng.normal(0, 1, ROWS) + shift, target | {"queue": queue})
        counted = np.cumsum(rng.poisson(20 + shift))
        add("requests_total", "counter", counted.astype(float), target | {"code": "200"})
        born = np.cumsum(rng.poisson(3 + shift)).astype(float)
        add("requests_total", "counter", born, target | {"code": "500"}, AT if n == 7 else 40)
        for le, share in (("0.1", 0.5), ("1", 0.9), ("+Inf", 1.0)):
            add(
                "wait_seconds_bucket",
                "histogram",
                np.floor(counted * share).astype(float),
                target | {"le": le},
            )
        add("wait_seconds_sum", "histogram", (counted * 0.2).astype(float), target)
        add("wait_seconds_count", "histogram", counted.astype(float), target)
    path: Path = tmp_path_factory.mktemp("bundle") / "huge.parquet"
    end_ms = int(times[-1])
    incident = Incident(name="huge", step_ms=STEP_MS, start_ms=START_MS, end_ms=end_ms, at_ms=int(times[AT]))
    write_bundle(path, incident, ragged(labels, categories, stamps, values))
    return BundleSource(path)


def asked(source: BundleSource, settings: AnalysisSettings) -> AnalysisRequest:
    return request_for_selector(
        tenant="default",
        selector='{cluster="c"}',
        at_ms=source.incident.at_ms,
        end_ms=source.incident.end_ms,
        title="huge",
        settings=settings,
        now_ms=source.incident.end_ms,
        request_id="r1",
    )


def settings_of(**changes: int) -> AnalysisSettings:
    return AnalysisSettings(step_ms=STEP_MS, **changes)


async def test_however_a_huge_metric_is_cut_the_report_is_the_same(source: BundleSource) -> None:
    whole = settings_of(shard_series=10_000)
    expected = encode(await analyze(source, asked(source, whole), whole))
    for shard_series in (30, 15, 6):
        settings = settings_of(shard_series=shard_series)
        request = asked(source, settings)
        counts = await source.count("default", request.matchers, request.window)
        assert oversized_metrics(counts, settings)
        assert encode(await analyze(source, request, settings)) == expected


async def test_shards_of_a_cut_metric_hold_every_series_once(source: BundleSource) -> None:
    settings = settings_of(shard_series=15)
    request = asked(source, settings)
    counts = await source.count("default", request.matchers, request.window)
    partitions = {}
    for names in oversized_metrics(counts, settings):
        matchers = plan_shards(request, dict.fromkeys(names, 1), settings)[0].matchers
        partition = await source.partition("default", matchers, request.window, 15)
        assert partition is not None
        partitions[names[0]] = by_label("instance", {f"i{n}": counts[names[0]] // 20 for n in range(20)})
    shards = plan_shards(request, counts, settings, partitions)
    assert len(shards) > 10
    held = [await source.count("default", shard.matchers, request.window) for shard in shards]
    assert sum(sum(found.values()) for found in held) == sum(counts.values())


def test_what_is_over_the_cap_is_left_out_the_largest_first_and_told_once(source: BundleSource) -> None:
    settings = settings_of(shard_series=100, max_series=1000)
    request = asked(source, settings)
    counts = {"wild": 5000, "tame_a": 600, "tame_b": 300, "tame_c": 50}
    shards = plan_shards(request, counts, settings)
    assert sum(shard.expected_series for shard in shards) == 950
    assert all(not shard.matchers[-1].matches({"__name__": "wild"}) for shard in shards)
    assert [shard.left_out for shard in shards] == [{OVER_CAP: 5000}] + [{}] * (len(shards) - 1)
    window = request.window
    empty = SeriesBatch([], window.times(), np.empty((0, window.rows)), [])
    result = scan(shards[0], empty, settings)
    assert (result.series, result.skipped) == (5000, {OVER_CAP: 5000})
    assert result.not_judged == {OVER_CAP: {"wild": 5000}}


def test_one_shard_that_is_left_does_not_select_what_was_left_out(source: BundleSource) -> None:
    settings = settings_of(max_series=100)
    (shard,) = plan_shards(asked(source, settings), {"wild": 5000, "tame": 60}, settings)
    assert not shard.matchers[-1].matches({"__name__": "wild"})


def test_nothing_but_metrics_over_the_cap_is_an_error(source: BundleSource) -> None:
    settings = settings_of(max_series=100)
    with pytest.raises(SelectorError, match=r"selects 5000 series.*cap of 100.*max_series"):
        plan_shards(asked(source, settings), {"wild": 5000}, settings)
