"""The page of figures has a place for every benchmark, and two runs are compared number by number."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import tables
from benchmarks.compare import numbers, rows
from benchmarks.registry import BENCHMARKS, Benchmark, Excerpt

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("benchmark", BENCHMARKS, ids=lambda b: b.name)
def test_every_benchmark_exists_and_has_its_places(benchmark: Benchmark) -> None:
    assert importlib.util.find_spec(f"benchmarks.{benchmark.arguments[0]}") is not None
    places = [(excerpt.document, name) for name, excerpt in benchmark.excerpts().items()]
    for page, name in [("benchmarks/README.md", benchmark.name), *places]:
        text = (ROOT / page).read_text()
        assert text.count(f"<!-- figures: {name} -->") == 1
        assert text.count(f"<!-- end: {name} -->") == 1


def test_further_tables_have_excerpts_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, list[str]] = {}
    monkeypatch.setattr(
        tables, "fill", lambda page, name, lines: written.update({f"{page.name} {name}": lines})
    )
    second = Excerpt("docs/x.md", ("b",), lambda row: row["b"] > 1)
    benchmark = Benchmark("x", "X", ("x",), Excerpt("docs/x.md", ("a",), lambda _: True), (second,))
    result = {"figures": {}, "versions": {}, "results": [{"a": 1}], "more": [[{"b": 1}, {"b": 2}]]}
    tables.write(benchmark, result)
    assert written["x.md x"] == ["| a |", "|---|", "| 1 |"]
    assert written["x.md x-1"] == ["| b |", "|---|", "| 2 |"]
    assert next(iter(written)) == "README.md x"


def test_without_rows_the_excerpt_holds_the_figures_and_the_page_holds_them_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: dict[str, list[str]] = {}
    monkeypatch.setattr(tables, "fill", lambda page, name, lines: written.update({page.name: lines}))
    benchmark = Benchmark("x", "X", ("x",), Excerpt("docs/x.md", ("figure", "value"), lambda _: True))
    tables.write(benchmark, {"figures": {"tick_s": 2}, "versions": {}, "more": [[{"b": 1}]]})
    assert written["x.md"] == ["| figure | value |", "|---|---|", "| tick_s | 2 |"]
    assert sum("tick_s" in line for line in written["README.md"]) == 1


def test_figures_replace_what_stands_between_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("head\n<!-- figures: x -->\nold\n<!-- end: x -->\ntail\n")
    tables.fill(page, "x", [r"new \1"])
    assert page.read_text() == "head\n<!-- figures: x -->\nnew \\1\n<!-- end: x -->\ntail\n"
    with pytest.raises(SystemExit, match="no place for these figures"):
        tables.fill(page, "y", [])


def test_without_names_all_recorded_results_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    monkeypatch.setattr(tables, "write", lambda benchmark, _: written.append(benchmark.name))
    monkeypatch.setattr(sys, "argv", ["tables", "--from", str(tmp_path)])
    for name in ("kernels", "seasonal"):
        (tmp_path / f"{name}.json").write_text("{}")
    tables.main()
    assert written == ["kernels", "seasonal"]


def test_rows_are_compared_by_their_words_and_columns() -> None:
    result = {
        "figures": {"caught": 0.5, "note": "text"},
        "results": [{"detector": "ours", "at": "0.01", "caught": 0.25}],
    }
    assert numbers(result) == {"caught": 0.5}
    assert numbers(result, with_rows=True) == {"caught": 0.5, "ours 0.01: caught": 0.25}


def test_a_figure_of_one_side_only_is_shown_too() -> None:
    before, after = {"same": 1.0, "gone": 2.0, "grown": 0.0}, {"same": 1.0, "new": 3.0, "grown": 4.0}
    assert rows("b", before, after) == [
        "| b | `same` | 1 | 1 | = |",
        "| b | `gone` | 2 |  |  |",
        "| b | `grown` | 0 | 4 |  |",
        "| b | `new` |  | 3 |  |",
    ]
    assert len(rows("b", before, after, only_changed=True)) == 3


def test_two_folders_are_compared_by_the_command(tmp_path: Path) -> None:
    for folder, value in (("before", 2.0), ("after", 3.0)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "kernels.json").write_text(json.dumps({"figures": {"ks_us": value}}))
    command = [sys.executable, "-m", "benchmarks.compare", str(tmp_path / "before"), str(tmp_path / "after")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "| kernels | `ks_us` | 2 | 3 | 1.5 |"
