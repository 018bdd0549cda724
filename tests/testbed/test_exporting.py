"""From the journal to bundles, and the table of a folder of bundles."""

import json
from pathlib import Path

import httpx
import numpy as np
import pytest

from patternwatch.cortex.bundle import Incident, Truth, write_bundle
from patternwatch.cortex.raw import ragged
from testbed.bundle_table import BEGIN, END, BundleFacts, table_lines, write_table
from testbed.errors import ExportError
from testbed.exporting import about, moved_series, record_command, selector_text
from testbed.journal import Entry, Journal

ENTRY = Entry("x", "cart-crash-loop", "cart", "crash", 1_000, 5_000, 9_000)


def _prometheus(request: httpx.Request) -> httpx.Response:
    assert request.url.params["time"] == "9.0"
    rows = []
    if request.url.params["query"] == '{__name__="up",service="cart"}[8000ms]':
        rows = [
            {"metric": {"__name__": "up", "n": "moved"}, "values": [[1.0, "1"], [3.0, "0"]]},
            {"metric": {"__name__": "up", "n": "constant"}, "values": [[1.0, "1"], [3.0, "1"]]},
        ]
    return httpx.Response(200, json={"data": {"result": rows}})


def test_the_truth_is_the_selected_series_that_changed() -> None:
    with httpx.Client(base_url="http://p", transport=httpx.MockTransport(_prometheus)) as client:
        assert moved_series(client, ENTRY) == [{"__name__": "up", "n": "moved"}]


def test_a_selector_is_quoted_as_promql() -> None:
    assert selector_text({"service": "a\\b", "__name__": "m"}) == '{__name__="m",service="a\\\\b"}'


def test_the_record_command_carries_the_journals_instants() -> None:
    journal = Journal(Path("j"), "shop-a", 2000, "http://p")
    command = record_command(journal, ENTRY, Path("x.parquet"), Path("about.json"))
    assert {"--start=1000", "--at=5000", "--end=9000", "--step=2000ms", "--name=x"} <= set(command)


def test_a_control_names_no_service() -> None:
    control = about(Entry("control-a", "none", "", "none", 1), [])
    assert control["truth"] == {"services": [], "series": []}
    assert json.dumps(control)


def _write(folder: Path, fault: str) -> None:
    times = np.arange(0, 10_000, 1000, dtype=np.int64)
    series = ragged([{"__name__": "up", "service": "payment"}], ["gauge"], [times], [np.ones(10)])
    incident = Incident.model_validate(
        {
            "name": "x",
            "step_ms": 1000,
            "start_ms": 0,
            "end_ms": 10_000,
            "at_ms": 7_000,
            "fault": fault,
            "truth": Truth(services=["payment"]),
        }
    )
    write_bundle(folder / "x.parquet", incident, series)


def test_the_table_counts_points_before_and_from_the_fault_on(tmp_path: Path) -> None:
    _write(tmp_path, "payment-slow")
    facts = BundleFacts.read(tmp_path / "x.parquet")
    assert (facts.series, facts.before, facts.after) == (1, 7, 3)
    assert "| payment | 1 | 7 | 3 |" in table_lines(tmp_path)[-1]


def test_the_table_replaces_what_lies_between_the_marks(tmp_path: Path) -> None:
    _write(tmp_path, "payment-slow")
    readme = tmp_path / "README.md"
    readme.write_text(f"# Head\n\n{BEGIN}\nold\n{END}\n\ntail\n")
    write_table(tmp_path)
    once = readme.read_text()
    write_table(tmp_path)
    assert readme.read_text() == once
    assert "old" not in once
    assert once.startswith("# Head\n")
    assert once.endswith("\ntail\n")


def test_a_readme_without_marks_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="lacks the marks"):
        write_table(tmp_path)
