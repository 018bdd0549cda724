"""Every bug in docs/faults.md has a command that exists, and every scenario stands there."""

import re

import pytest

from benchmarks.faults.marks import MARKS
from benchmarks.faults.scenarios import ROOT, SCENARIOS
from benchmarks.faults.schedule import BY_NAME

PAGE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")


def test_the_page_tells_of_every_scenario_and_of_no_other() -> None:
    assert set(re.findall(r"^\| `make fault-([a-z-]+)`", PAGE, re.MULTILINE)) == set(SCENARIOS)
    assert len(SCENARIOS) >= 5


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_test_of_each_scenario_exists(name: str) -> None:
    path, _, function = SCENARIOS[name].partition("::")
    source = (ROOT / path).read_text(encoding="utf-8")
    assert f"def {function}(" in source if function else "def test_" in source


def test_the_page_tells_of_every_kind_of_fault() -> None:
    table = PAGE.split("| kind | what it does |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z_0-9]+)`", table)) == set(BY_NAME)
    assert all(mark.text for mark in MARKS)
