import asyncio
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.matchers import Matcher, Matchers, parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bundle import Incident, Truth, read_bundle, write_bundle
from patternwatch.cortex.bundle_source import BundleSource
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.raw import RawSeries, ragged

INCIDENT = Incident(
    name="cpu hog",
    source="made up",
    step_ms=1000,
    start_ms=10_000,
    end_ms=19_000,
    at_ms=15_000,
    truth=Truth(services=["orders"], series=[{"__name__": "a"}]),
    licence="Apache-2.0",
)


def some_series() -> RawSeries:
    times = np.arange(10_000, 20_000, 1000, dtype=np.int64)
    return ragged(
        [{"__name__": "b", "x": 'qu"ote'}, {"__name__": "a", "x": "1"}],
        ["gauge", "counter"],
        [times, times[3:]],
        [np.arange(10.0), np.arange(7.0)],
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    path = tmp_path / "deep" / "one.parquet"
    write_bundle(path, INCIDENT, some_series())
    return path


def test_what_is_written_is_read_back(bundle: Path) -> None:
    incident, series = read_bundle(bundle)
    assert incident == INCIDENT
    expected = some_series()
    assert series.labels == expected.labels
    assert series.types == expected.types
    np.testing.assert_array_equal(series.timestamps, expected.timestamps)
    np.testing.assert_array_equal(series.values, expected.values)
    np.testing.assert_array_equal(series.offsets, expected.offsets)


async def test_a_bundle_serves_what_matches_and_counts_it(bundle: Path) -> None:
    source = BundleSource(bundle)
    window = Window(start_ms=10_000, split_ms=15_000, end_ms=19_000, step_ms=1000)
    one = (Matcher(name="__name__", value="a"),)
    assert await source.count("t", (), window) == {"a": 1, "b": 1}
    assert await source.count("t", one, window) == {"a": 1}
    batch = await source.fetch("t", one, window)
    assert batch.derivation == ["rate"]
    assert np.isnan(batch.values[0, :4]).all()
    assert batch.values[0, 4:].tolist() == [1.0] * 6
    assert len(await source.fetch("t", (Matcher(name="x", value="none"),), window)) == 0
    await source.close()


async def test_a_bundle_is_read_on_one_thread_that_ends_with_it(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[threading.Thread] = []
    matching = RawSeries.matching

    def noted(series: RawSeries, matchers: Matchers) -> RawSeries:
        seen.append(threading.current_thread())
        return matching(series, matchers)

    monkeypatch.setattr(RawSeries, "matching", noted)
    source = BundleSource(bundle)
    window = Window(start_ms=10_000, split_ms=15_000, end_ms=19_000, step_ms=1000)
    counted = [source.count("t", (), window) for _ in range(8)]
    await asyncio.gather(*counted, source.fetch("t", (), window), source.samples("t", (), 0, 20_000))
    assert len(seen) == 10
    (thread,) = set(seen)
    assert thread is not threading.current_thread()
    await source.close()
    thread.join(10)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("matchers", "kept"),
    [
        ("", [0, 1, 2, 3]),
        ('job="a"', [0, 1]),
        ('job="a",pod!="1"', [1]),
        ('pod=~"1|2"', [0, 1, 3]),
        ('job="b",pod!~"1|2"', [2]),
        ('job="b",pod=""', [2]),
        ('job="none",pod="1"', []),
    ],
)
def test_a_matcher_is_asked_once_for_each_value_of_its_label(
    monkeypatch: pytest.MonkeyPatch, matchers: str, kept: list[int]
) -> None:
    labels = [{"job": "a", "pod": "1"}, {"job": "a", "pod": "2"}, {"job": "b"}, {"job": "b", "pod": "1"}]
    selection = parse_selector(f"{{{matchers}}}") if matchers else ()
    asked: list[tuple[str, str]] = []
    matches = Matcher.matches

    def noted(matcher: Matcher, of: dict[str, str]) -> bool:
        asked.append((str(matcher), of.get(matcher.name, "")))
        return matches(matcher, of)

    monkeypatch.setattr(Matcher, "matches", noted)
    times = np.arange(3, dtype=np.int64)
    series = ragged(labels, ["gauge"] * 4, [times] * 4, [np.full(3, float(n)) for n in range(4)])
    found = series.matching(selection)
    assert found.labels == [labels[n] for n in kept]
    assert found.values[::3].tolist() == [float(n) for n in kept]
    assert len(asked) == len(set(asked))


async def test_a_replay_moves_everything_by_whole_steps_so_that_it_ends_now(bundle: Path) -> None:
    source = BundleSource(bundle, replay_end_ms=1_000_500)
    assert source.incident.end_ms == 1_000_000
    assert source.incident.at_ms == 996_000
    window = Window(start_ms=991_000, split_ms=996_000, end_ms=1_000_000, step_ms=1000)
    batch = await source.fetch("t", (Matcher(name="__name__", value="b"),), window)
    assert batch.values[0].tolist() == list(range(10))


def test_a_file_that_is_no_bundle_is_named_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="no file"):
        read_bundle(tmp_path / "none.parquet")
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 nothing")
    with pytest.raises(BundleError, match="no readable Parquet"):
        read_bundle(broken)


def _rewritten(bundle: Path, table: pa.Table) -> Path:
    path = bundle.with_name("other.parquet")
    pq.write_table(table, path)
    return path


def test_missing_columns_or_metadata_are_named(bundle: Path) -> None:
    table = pq.read_table(bundle)
    with pytest.raises(BundleError, match="lacks the columns.*values"):
        read_bundle(_rewritten(bundle, table.drop_columns(["values"])))
    with pytest.raises(BundleError, match="metadata key"):
        read_bundle(_rewritten(bundle, table.replace_schema_metadata({})))
    with pytest.raises(BundleError, match="no incident bundle.*step_ms"):
        read_bundle(_rewritten(bundle, table.replace_schema_metadata({"incident": '{"name": "x"}'})))
    uneven = table.set_column(3, "values", pa.array([[1.0], [2.0]]))
    with pytest.raises(BundleError, match="differ in length"):
        read_bundle(_rewritten(bundle, uneven.replace_schema_metadata(table.schema.metadata)))


def test_a_path_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="Cannot write"):
        write_bundle(tmp_path / "file" / "x.parquet", INCIDENT, some_series())


async def test_the_url_says_which_source_it_is(bundle: Path) -> None:
    assert isinstance(open_source(SourceSettings(url=f"bundle://{bundle}")), BundleSource)
    http = open_source(SourceSettings(url="http://127.0.0.1:1/prometheus"))
    assert isinstance(http, PrometheusSource)
    await http.close()
    for url in ("ftp://x", "bundle://", "nonsense"):
        with pytest.raises(ValidationError, match="no source of series"):
            SourceSettings(url=url)
