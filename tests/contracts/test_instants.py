"""No message to an operator tells a time as a number of milliseconds."""

import re
from pathlib import Path

import pytest

from patternwatch.contracts.errors import WindowError
from patternwatch.contracts.instants import instant
from patternwatch.contracts.series import Window

SOURCE = Path(__file__).parents[2] / "patternwatch"
_NUMBER = re.compile(r"\{[\w.]*\b(at|start|end|split|now|starts_at|ends_at|began|onset)_ms\}")


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda p: str(p.relative_to(SOURCE)))
def test_no_text_holds_an_instant_in_milliseconds(path: Path) -> None:
    assert [line for line in path.read_text().splitlines() if _NUMBER.search(line)] == []


def test_a_window_that_cannot_be_says_its_times() -> None:
    with pytest.raises(WindowError, match=r"2025-10-09T08:55:00Z\) lies after .*\(2025-10-09T08:53:20Z\)"):
        Window.ending(1_760_000_000_000, 1_760_000_100_000, step_ms=1000)


def test_what_no_calendar_holds() -> None:
    assert instant(-1) == "1969-12-31T23:59:59.999Z"
    assert instant(10**17).endswith(" ms since 1970")
