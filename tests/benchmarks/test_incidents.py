"""A benchmark judges what the product judges: the same rows, by the same functions."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from benchmarks.incidents import Case, judge, load, raw_series_key
from benchmarks.ranking import hits, place
from benchmarks.rankings import by_product, by_score, n_sigma
from patternwatch.cli.main import app
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import WINDOW_ROWS
from patternwatch.cortex.bundle import read_bundle, write_bundle

INCIDENTS = Path(__file__).resolve().parents[2] / "examples" / "incidents"
RECORDING = INCIDENTS / "payment-error-burst.parquet"


@pytest.fixture(scope="module")
def case() -> Case:
    return load(RECORDING, INCIDENTS)


def test_the_report_is_the_one_of_patternwatch_analyze(case: Case) -> None:
    done = CliRunner().invoke(app, ["analyze", str(RECORDING), "--format", "json"])
    assert done.exit_code == 0, done.output
    theirs, ours = Report.model_validate_json(done.stdout), judge(case).report
    told = {"window", "onset_ms", "entities", "findings", "counts", "model"}
    assert ours.model_dump_json(include=told) == theirs.model_dump_json(include=told)


def test_all_methods_are_given_the_rows_of_the_products_window(case: Case) -> None:
    assert case.window == judge(case).report.window
    assert case.batch.values.shape[1] == case.window.rows == WINDOW_ROWS
    assert case.batch.times[[0, -1]].tolist() == [case.window.start_ms, case.window.end_ms]


def test_a_short_recording_has_gaps_before_it(tmp_path: Path) -> None:
    incident, series = read_bundle(RECORDING)
    start_ms = incident.at_ms - 100 * incident.step_ms
    path = tmp_path / "late0" / "testbed" / "short.parquet"
    short = incident.model_copy(update={"start_ms": start_ms})
    write_bundle(path, short, series.between(start_ms, incident.end_ms))
    case = load(path, tmp_path)
    assert case.window == load(RECORDING, INCIDENTS).window
    assert case.setting == "late0"
    first = (start_ms - case.window.start_ms) // case.window.step_ms
    assert np.isnan(case.batch.values[:, :first]).all()
    assert not np.isnan(case.batch.values[:, first + 3 :]).all(axis=0).any()


def test_a_ranking_names_each_service_and_series_once(case: Case) -> None:
    for method in (by_product, by_score(n_sigma)):
        ranking = method(case)
        assert len(set(ranking.services)) == len(ranking.services) > 1
        assert len(set(ranking.series)) == len(ranking.series) > 1
    assert by_product(case).services[0] == judge(case).report.entities[0].entity


def test_a_truth_counts_at_and_below_its_place() -> None:
    ranked = ["cart", "orders", "payment"]
    assert hits(ranked, {"payment"}) == [0.0, 0.0, 1.0, 1.0, 1.0]
    assert hits(ranked, set()) == [0.0] * 5
    assert place(ranked, {"payment", "orders"}) == 2
    assert place(ranked, {"redis"}) == 0


def test_the_parts_of_a_histogram_are_one_raw_series() -> None:
    parts = [{"__name__": f"wait_seconds{end}", "service": "cart"} for end in ("_sum", "_count", "_bucket")]
    parts[-1]["le"] = "+Inf"
    assert len({raw_series_key(part) for part in parts}) == 1
    assert raw_series_key(parts[0]) != raw_series_key(parts[0] | {"service": "orders"})
