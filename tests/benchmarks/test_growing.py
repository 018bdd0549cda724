"""The live replay shows what was scraped until then, and nothing later."""

import asyncio
from pathlib import Path

import numpy as np

from benchmarks.growing import (
    LAG_MS,
    OWN,
    STEP_MS,
    Kept,
    LiveSource,
    grown,
    judged,
    live,
    replay,
    scraped,
)
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle import Incident, read_bundle
from patternwatch.cortex.raw import RawSeries

RECORDING = OWN / "payment-error-burst.parquet"
EVERYTHING = parse_selector('{__name__=~".+"}')


def recording(path: Path = RECORDING) -> tuple[Incident, RawSeries]:
    return read_bundle(path)


def test_a_target_has_a_sample_in_every_row_or_in_every_second_one() -> None:
    incident, series = recording()
    often, seldom = (scraped(incident, series, scrape_s) for scrape_s in (15, 60))
    assert len(often.timestamps) == len(series.timestamps)
    assert abs(len(seldom.timestamps) - len(series.timestamps) / 2) < 0.02 * len(series.timestamps)
    for found, apart in ((often, STEP_MS), (seldom, 2 * STEP_MS)):
        first = found.timestamps[found.offsets[0] : found.offsets[1]]
        assert np.diff(first).min() == apart


async def test_no_sample_is_there_before_its_time() -> None:
    incident, series = recording()
    made = scraped(incident, series, 15)
    now_ms = int(made.timestamps.max()) - 600_000
    end_ms = now_ms - now_ms % STEP_MS
    window = Window.ending(end_ms, end_ms - 10 * STEP_MS, STEP_MS)
    batch = await LiveSource(made, now_ms).fetch("default", EVERYTHING, window)
    newest = window.times()[~np.isnan(batch.values).all(axis=0)][-1]
    assert abs(newest - (now_ms - LAG_MS)) < STEP_MS


def test_a_recorded_incident_grows_to_what_the_whole_window_says() -> None:
    incident, found = asyncio.run(replay(RECORDING, 60))
    assert incident.truth is not None
    assert len(found.cpu_s) == 7
    assert min(*found.cpu_s, found.whole_cpu_s) > 0.0
    assert set(incident.truth.services) & set(found.last[:3])
    assert found.last[:1] == found.whole[:1]


async def test_the_last_look_says_what_one_look_at_its_window_says() -> None:
    """What is kept between looks changes no result: neither samples nor labels, shards nor onsets."""
    incident, series = recording()
    source, request, end_ms = live(incident, scraped(incident, series, 15))
    settings = AnalysisSettings(step_ms=STEP_MS)
    last = await grown(source, request, end_ms, settings)
    assert last.request.look > 3
    at_once = last.request.model_copy(update={"look": 0, "revision": 0, "onset_ms": None})
    whole = await judged(Kept.of(source), source, at_once, settings)
    assert last.report.model_dump_json(exclude={"look"}) == whole.model_dump_json(exclude={"look"})
    assert last.report.findings
