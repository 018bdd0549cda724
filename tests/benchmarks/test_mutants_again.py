"""Survivors of an older run are put into today's code, and the tests of today run against them."""

import json
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import FunctionType

from benchmarks.harmless_mutants import KINDS
from benchmarks.mutants import SINCE, benchmark
from benchmarks.mutants_today import Again, place_today, put_into
from patternwatch.contracts.errors import NoSeriesError
from tests.benchmarks.test_mutants import a_run
from tests.pages import ROOT

SURVIVORS = """
def x_earliest_row__mutmut_orig(rows, split):
    return min(split, max(MIN_BASELINE_ROWS, rows // _EARLIEST_SHARE))

def x_earliest_row__mutmut_1(rows, split):
    return min(split, min(MIN_BASELINE_ROWS, rows // _EARLIEST_SHARE))

def x_earliest_row__mutmut_2(rows, split):
    return min(split, max(MIN_BASELINE_ROWS, rows // _EARLIEST_SHARE)) + 0

def x_gone__mutmut_orig():
    return "no longer there"

def x_gone__mutmut_1():
    return "XXno longer thereXX"

def x_prior_of_old__mutmut_orig(split, row):
    return 1.0 + (split - row) / (split * _HALF_LIFE_SHARE)

def x_prior_of_old__mutmut_1(split, row):
    return 1.0 + (split - row) / (split / _HALF_LIFE_SHARE)
"""

NAME = "patternwatch.analysis.made_up.x_"
TESTS = (
    "tests/analysis/onset/test_likely_onsets.py"
    "::test_a_fifth_of_the_window_and_sixty_rows_lie_before_the_earliest_onset"
)


def test_what_became_of_each_survivor_is_kept_beside_the_run_and_counted(tmp_path: Path) -> None:
    mutants = ("earliest_row__mutmut_1", "earliest_row__mutmut_2", "gone__mutmut_1", "prior_of_old__mutmut_1")
    folder = a_run(tmp_path, {f"x_{name}": 0 for name in mutants}, SURVIVORS)
    earlier = {f"{NAME}gone__mutmut_1": "survived", "other": "caught"}
    (folder / SINCE).write_text(json.dumps(earlier))
    command = [sys.executable, "-m", "benchmarks.mutants_again", "--mutants", str(folder), TESTS]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=120)
    outcomes = ("caught", "survived", "gone", "no such value")
    became = {f"{NAME}{name}": outcome for name, outcome in zip(mutants, outcomes, strict=True)}
    assert json.loads((folder / SINCE).read_text()) == earlier | became
    result = benchmark(Namespace(run=False, mutants=folder))
    assert result["figures"]["unexplained_analysis"] == 1
    row = result["results"][0]
    assert [row[name] for name in ("survived", "harmless", "caught since", "gone since")] == [4, 1, 1, 1]
    assert [row["mutants"] for row in result["more"][0]] == [int(kind == "no such value") for kind in KINDS]


def test_tests_that_fail_by_themselves_say_nothing_of_mutants(tmp_path: Path) -> None:
    folder = a_run(tmp_path, {"x_earliest_row__mutmut_1": 0}, SURVIVORS)
    failing = tmp_path / "test_failing.py"
    failing.write_text("def test_it(): assert False")
    command = [sys.executable, "-m", "benchmarks.mutants_again", "--mutants", str(folder), str(failing)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0
    assert "test_it fails without a mutant" in done.stdout + done.stderr
    assert not (folder / SINCE).exists()


def test_a_mutant_of_a_method_that_calls_its_base_class_takes_its_place() -> None:
    name = "patternwatch.contracts.errors.xǁPatternwatchErrorǁ__init____mutmut_1"
    before, after = "self.remedy = remedy", "self.remedy = None"
    place = place_today(name, before, after)
    assert place is not None
    assert (place.module, place.function) == ("contracts.errors", "PatternwatchError.__init__")
    mutant = put_into(name, place)
    assert mutant is not None
    original = Again(name, mutant.function, _copy(mutant))
    mutant.take_its_place()
    try:
        assert NoSeriesError("none", "look elsewhere").remedy is None
    finally:
        original.take_its_place()
    assert NoSeriesError("none", "look elsewhere").remedy == "look elsewhere"


def _copy(mutant: Again) -> FunctionType:
    own = mutant.function
    return FunctionType(own.__code__, own.__globals__, own.__name__, own.__defaults__, own.__closure__)
