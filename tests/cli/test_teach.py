"""Teaching from the command line, and an analysis that knows what was taught."""

import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from patternwatch.cli.label_stores import ApiStore
from patternwatch.contracts.codec import encode
from patternwatch.contracts.errors import NotFoundError
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.report import Report
from tests.cli.test_commands import bundle, patternwatch
from tests.fakes.messages import a_report, an_example

__all__ = ["bundle"]

ONE = '{__name__="latency_seconds",service="s17"}'


def analysed(bundle: Path, *more: str) -> Report:
    done = patternwatch("analyze", str(bundle), "--format", "json", *more)
    assert done.exit_code == 0, done.output
    return Report.model_validate_json(done.stdout)


def test_a_taught_series_is_named_in_the_next_analysis(bundle: Path, tmp_path: Path) -> None:
    before = analysed(bundle)
    assert before.taught == {}
    report, examples = tmp_path / "report.json", tmp_path / "examples.jsonl"
    report.write_bytes(encode(before))
    done = patternwatch(
        "teach", "deploy step", "--report", str(report), "--series", "1", "--examples", str(examples)
    )
    assert done.exit_code == 0, done.output
    after = analysed(bundle, "--examples", str(examples))
    assert after.findings[0].taught is not None
    assert after.findings[0].taught.name == "deploy step"
    assert after.findings[0].pattern == before.findings[0].pattern
    assert "took the shape 'deploy step'" in after.verdict
    assert after.taught["deploy step"] >= 1
    table = patternwatch("analyze", str(bundle), "--examples", str(examples))
    assert "deploy step" in table.output


def test_a_correction_changes_the_pattern(bundle: Path, tmp_path: Path) -> None:
    first = analysed(bundle).findings[0]
    report, examples = tmp_path / "report.json", tmp_path / "examples.jsonl"
    report.write_bytes(encode(analysed(bundle)))
    patternwatch(
        "teach",
        "fluctuations",
        "--report",
        str(report),
        "--series",
        first.series_id,
        "--examples",
        str(examples),
    )
    corrected = [
        f for f in analysed(bundle, "--examples", str(examples)).findings if f.series_id == first.series_id
    ]
    assert [f.pattern for f in corrected] == ["fluctuations"]
    assert corrected[0].taught is not None


def test_examples_of_a_recording_are_listed_and_taken_back(bundle: Path, tmp_path: Path) -> None:
    kept = ("--examples", str(tmp_path / "examples.jsonl"))
    taught = patternwatch("teach", "deploy step", "--bundle", str(bundle), "--selector", ONE, *kept)
    example_id = taught.output.split()[0]
    listed = patternwatch("examples", "list", *kept).output.splitlines()
    assert listed[0].split()[0] == example_id
    assert listed[1].endswith(ONE)  # whole, however narrow the terminal is
    assert example_id not in patternwatch("examples", "list", "--tenant", "other", *kept).output
    refused = patternwatch("examples", "remove", example_id, "--tenant", "other", *kept)
    assert (refused.exit_code, "no example" in refused.output) == (2, True)
    assert patternwatch("examples", "remove", example_id, *kept).exit_code == 0
    assert example_id not in patternwatch("examples", "list", *kept).output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["deploy step"], "nothing to learn from"),
        (["deploy step", "--bundle", "BUNDLE", "--selector", '{cluster="c"}'], "selects 80 series"),
        (["level shift up", "--bundle", "BUNDLE", "--selector", ONE], "write 'level_shift_up'"),
        (["x", "--report", "OTHER", "--series", "1"], "is no report"),
    ],
)
def test_what_cannot_be_taught_is_said(bundle: Path, tmp_path: Path, arguments: list[str], why: str) -> None:
    other = tmp_path / "other.json"
    other.write_text("{}")
    places = {"BUNDLE": str(bundle), "OTHER": str(other)}
    done = patternwatch(
        "teach", *(places.get(a, a) for a in arguments), "--examples", str(tmp_path / "examples.jsonl")
    )
    assert (done.exit_code, why in done.output) == (2, True)
    assert not (tmp_path / "examples.jsonl").exists()


def test_a_file_of_something_else_is_refused_with_its_line(bundle: Path, tmp_path: Path) -> None:
    file = tmp_path / "examples.jsonl"
    file.write_bytes(encode(an_example("default")) + b"\n{}\n")
    done = patternwatch("analyze", str(bundle), "--examples", str(file))
    assert (done.exit_code, "Line 2 of" in done.output) == (2, True)


def test_an_api_is_a_place_for_examples_too() -> None:
    example, asked = an_example(), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((request.method, request.url.path, request.content))
        if request.method == "GET" and request.url.path.endswith("examples"):
            return httpx.Response(200, content=b'{"examples":[' + encode(example) + b"]}")
        if "reports" in request.url.path:
            return httpx.Response(200, content=encode(a_report()))
        if request.method == "DELETE":
            return httpx.Response(404, json={"detail": "There is no example", "remedy": "List them"})
        return httpx.Response(201, content=encode(example))

    store = ApiStore("http://api/", httpx.MockTransport(answer))
    (found,) = store.of("a")
    np.testing.assert_array_equal(found.values, example.values)
    assert isinstance(found, LabelledExample)
    store.put(example)
    method, path, body = asked[-1]
    assert (method, path) == ("POST", "/api/v1/tenants/a/examples")
    assert json.loads(body)["values"] == pytest.approx(example.values.tolist())
    assert store.report("a", "r1").report_id == "r1"
    with pytest.raises(NotFoundError, match="no example"):
        store.remove("a", "x")
