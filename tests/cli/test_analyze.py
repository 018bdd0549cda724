"""`patternwatch analyze` obeys the settings of a worker, and says what it did not judge."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from patternwatch.analysis.planning.requests import request_for_selector
from patternwatch.cli.one_process import analyze
from patternwatch.contracts.errors import SourceError
from patternwatch.contracts.matchers import Matchers
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.cortex.bundle_source import BundleSource
from tests.cli.test_commands import STEP_MS, bundle, patternwatch

__all__ = ["bundle"]


def analysed(bundle: Path, *options: str) -> Report:
    done = patternwatch("analyze", str(bundle), "--format", "json", *options)
    assert done.exit_code == 0, done.output
    return Report.model_validate_json(done.stdout)


SETTINGS: list[tuple[str, str, Callable[[Report], object], object]] = [
    ("ANALYSIS__ENTITY_LABELS", '["cluster"]', lambda r: r.entities[0].entity, "c"),
    ("ANALYSIS__METRIC_CATEGORIES", '{"^cpu": "disk"}', lambda r: {f.category for f in r.findings}, {"disk"}),
    ("ANALYSIS__ROWS", "150", lambda r: r.window.rows, 150),
    ("ANALYSIS__FINDINGS", "1", lambda r: len(r.findings), 1),
    ("ANALYSIS__STEP_MS", "4000", lambda r: r.window.step_ms, 4000),
    ("ANALYSIS__MAX_SERIES", "79", lambda r: sum(r.counts.skipped.values()), 40),
]


@pytest.mark.parametrize(("name", "value", "seen", "expected"), SETTINGS, ids=[s[0] for s in SETTINGS])
def test_a_setting_of_the_worker_changes_the_report(
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    seen: Callable[[Report], object],
    expected: object,
) -> None:
    only_cpu = ("--selector", '{__name__="cpu_usage"}') if "CATEGORIES" in name else ()
    assert seen(analysed(bundle, *only_cpu)) != expected
    monkeypatch.setenv(f"PATTERNWATCH_{name}", value)
    assert seen(analysed(bundle, *only_cpu)) == expected


def test_an_option_wins_over_its_setting(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATTERNWATCH_ANALYSIS__STEP_MS", "4000")
    assert analysed(bundle, "--step", "2s").window.step_ms == STEP_MS
    monkeypatch.setenv("PATTERNWATCH_ANALYSIS__COMPARE", "day")
    refused = patternwatch("analyze", str(bundle), "--step", "2s")
    assert (refused.exit_code, "The recording begins at" in refused.stderr) == (2, True)
    assert analysed(bundle, "--step", "2s", "--compare", "none").compare == "none"


def test_a_model_of_the_settings_is_tried_and_the_shipped_one_kept(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERNWATCH_MODEL", str(tmp_path))
    done = patternwatch("analyze", str(bundle))
    assert done.exit_code == 0
    assert "model.refused" in done.stderr
    assert str(tmp_path) in done.stderr


def test_what_was_not_judged_is_said_with_its_reason(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not judged" not in patternwatch("analyze", str(bundle)).stdout
    monkeypatch.setenv("PATTERNWATCH_ANALYSIS__MAX_SERIES", "79")
    monkeypatch.setenv("COLUMNS", "160")
    said = patternwatch("analyze", str(bundle)).stdout
    assert "not judged: 40 of 80 series: 40 over the cap on series of a request" in said
    assert re.search(r"not judged, over the cap on series of a request: \w+ \(\d+\)", said)


class HalfASource(BundleSource):
    """A recording of which one metric cannot be read."""

    broken: tuple[str, ...] = ("cpu_usage",)

    error: Exception = SourceError("The source is away", "Start it")

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        if any(name in matcher.value for matcher in matchers for name in self.broken):
            raise self.error
        return await super().fetch(tenant, matchers, window)


async def test_a_part_that_cannot_be_read_makes_the_report_partial(bundle: Path) -> None:
    source = HalfASource(bundle)
    settings = AnalysisSettings(step_ms=STEP_MS, shard_series=40)
    incident = source.incident
    request = request_for_selector(
        tenant="default",
        selector='{cluster="c"}',
        at_ms=incident.at_ms,
        end_ms=incident.end_ms,
        title="half",
        settings=settings,
        now_ms=incident.end_ms,
        request_id="half",
    )
    report = await analyze(source, request, settings)
    assert report.status == "partial"
    assert [(part.number, "The source is away" in part.reason) for part in report.missing] == [(0, True)]
    assert [(part.series, part.metrics) for part in report.missing] == [(40, {"cpu_usage": 40})]
    assert report.not_judged[0].metrics == {"cpu_usage": 40}
    source.error = TypeError("nobody foresaw that")
    report = await analyze(source, request, settings)
    assert [part.reason for part in report.missing] == ["TypeError: nobody foresaw that"]
    source.error = HalfASource.error
    source.broken = ("cpu_usage", "latency_seconds")
    with pytest.raises(SourceError, match="The source is away"):
        await analyze(source, request, settings)


@pytest.mark.parametrize(
    "command", [["analyze", "BUNDLE"], ["doctor"], ["record", "http://x", "x", "--start", "-1m"]]
)
def test_a_name_that_is_no_setting_is_an_error_and_a_former_one_is_answered_by_its_new_name(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    arguments = [str(bundle) if a == "BUNDLE" else a for a in command]
    monkeypatch.setenv("PATTERNWATCH_ANALYSIS__MOST_SERIES", "1")
    done = patternwatch(*arguments)
    assert (done.exit_code, "PATTERNWATCH_ANALYSIS__MAX_SERIES" in done.stderr) == (2, True)
    monkeypatch.delenv("PATTERNWATCH_ANALYSIS__MOST_SERIES")
    monkeypatch.setenv("PATTERNWATCH_TENNANTS", "[]")
    done = patternwatch(*arguments)
    assert (done.exit_code, "no setting PATTERNWATCH_TENNANTS" in done.stderr) == (2, True)


def test_variables_of_the_programs_beside_us_are_no_mistake(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATTERNWATCH_BENCH_DATA", "/data")
    monkeypatch.setenv("PATTERNWATCH_API", json.dumps("http://127.0.0.1:8080"))
    assert analysed(bundle).status == "complete"
