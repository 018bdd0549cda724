"""Mutants are told apart by what became of them, and harmless ones by the change that they make."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks.harmless_mutants import HARMLESS, KINDS, kind_of, stale
from benchmarks.mutants import ROOMS, benchmark, survivors
from benchmarks.mutated_code import functions_in, plain_name
from tests.pages import ROOT

MUTATED = """
def x_mean__mutmut_orig(values):
    "The mean."
    return np.nan_to_num(values.mean(), nan=0.0)

def x_mean__mutmut_1(values):
    "The mean."
    return np.nan_to_num(values.mean(), )

def x_mean__mutmut_2(values):
    "The mean."
    return np.nan_to_num(values.mean(), nan=1.0)

class Tracker:
    async def xǁTrackerǁ_stop__mutmut_orig(self): return 1
    async def xǁTrackerǁ_stop__mutmut_1(self): return 2
"""


def a_run(folder: Path, codes: dict[str, int | None], text: str = MUTATED) -> Path:
    """What mutmut leaves of one file of analysis/."""
    room = folder / "patternwatch" / "analysis"
    room.mkdir(parents=True)
    (room / "made_up.py").write_text(text, encoding="utf-8")
    keys = {f"patternwatch.analysis.made_up.{name}": code for name, code in codes.items()}
    (room / "made_up.py.meta").write_text(json.dumps({"exit_code_by_key": keys}))
    return folder


def test_survivors_are_counted_and_those_that_change_something_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = a_run(
        tmp_path,
        {"x_mean__mutmut_1": 0, "x_mean__mutmut_2": 0, "xǁTrackerǁ_stop__mutmut_1": 1, "other": None},
    )
    result = benchmark(Namespace(run=False, mutants=folder))
    assert result["figures"] == {"caught_analysis": 1 / 3, "unexplained_analysis": 1}
    assert result["results"] == [
        {
            "room": "analysis",
            "mutants": 3,
            "caught": 1,
            "survived": 2,
            "untested": 0,
            "harmless": 1,
            "caught since": 0,
            "gone since": 0,
            "not run": 1,
        }
    ]
    assert [row["mutants"] for row in result["more"][0]] == [int(kind == "default") for kind in KINDS]
    assert "survived: patternwatch.analysis.made_up.x_mean__mutmut_2" in capsys.readouterr().err


def test_a_mutant_that_no_test_reaches_is_a_survivor(tmp_path: Path) -> None:
    name = "xǁTrackerǁ_stop__mutmut_1"
    found = survivors(a_run(tmp_path, {name: 33, "x_mean__mutmut_2": 36}), "analysis")
    assert found == {f"patternwatch.analysis.made_up.{name}": None}
    assert plain_name(next(iter(found))) == "analysis.made_up.Tracker._stop"


def test_a_change_is_harmless_where_the_table_says_so_and_nowhere_else() -> None:
    mean, strict = "a = np.nan_to_num(x, nan=0.0) + np.nan_to_num(y, nan=0.0)", "zip(a, b, strict=True)"
    assert kind_of("detectors.ks.f", mean, mean[::-1].replace(", nan=0.0"[::-1], "", 1)[::-1]) == "default"
    assert kind_of("detectors.ks.f", mean, mean.replace(", nan=0.0", "")) is None
    assert kind_of("analysis.scan.f", strict, "zip(a, b)") == "checked twice"
    assert kind_of("contracts.ids.f", strict, "zip(a, b)") is None


def test_every_row_of_harmless_mutants_still_fits_the_code_and_is_of_a_kind() -> None:
    package = ROOT / "patternwatch"
    code = {
        ".".join(
            (*(part for part in file.relative_to(package).with_suffix("").parts if part != "__init__"), name)
        ): text
        for room in ROOMS
        for file in sorted((package / room).rglob("*.py"))
        for name, text in functions_in(file).items()
    }
    assert len(code) > 300
    assert not stale(code), "these changes cannot be made any more: end their rows"
    assert {row.kind for row in HARMLESS} == set(KINDS)
