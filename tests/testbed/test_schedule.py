"""When windows begin, break and end, and what the journal keeps of them."""

from pathlib import Path

import pytest

from testbed.errors import JournalError
from testbed.faults.registry import CONTROL, FAULTS
from testbed.journal import Entry, Journal
from testbed.schedule import Timing, plan_windows, total_seconds

TIMING = Timing(baseline_points=310, fault_points=95, recovery_s=60.0, warm_up_s=30.0)


def test_windows_follow_each_other_with_the_recovery_between_them() -> None:
    first, second = plan_windows(["payment-slow", "cart-crash-loop"], TIMING)
    assert (first.starts, first.breaks, first.ends) == (30.0, 650.0, 840.0)
    assert second.starts == first.ends + 60.0
    assert total_seconds([first, second]) == second.ends


def test_a_control_needs_no_recovery() -> None:
    control, after = plan_windows([CONTROL, "payment-slow"], TIMING)
    assert control.is_control
    assert after.starts == control.ends


def test_the_standard_window_is_long_enough_for_a_bundle() -> None:
    assert Timing().baseline_points >= 300
    assert Timing().fault_points >= 90


def test_an_unknown_fault_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no-such-fault.*payment-slow"):
        plan_windows(["no-such-fault"], TIMING)


def test_an_empty_schedule_takes_no_time() -> None:
    assert total_seconds(plan_windows([], TIMING)) == 0.0


def test_the_journal_reads_what_it_wrote(tmp_path: Path) -> None:
    fault = FAULTS["payment-slow"]
    entry = Entry(fault.name, fault.name, fault.culprit, fault.fault_type, 1000, 2000, 3000)
    journal = Journal(tmp_path / "journal.json", "shop-a", 2000, "http://127.0.0.1:1", [entry])
    journal.write()
    assert Journal.read(journal.path) == journal
    assert entry.complete
    assert not Entry("x", "x", "x", "x", 1000).complete


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"cluster": "a", "entries": [{"odd": 1}]}'])
def test_a_file_that_is_no_journal_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "journal.json"
    path.write_text(text)
    with pytest.raises(JournalError, match="is not a journal"):
        Journal.read(path)
