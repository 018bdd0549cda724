"""The ledger is on the disk before it counts; the schedule is the seed's."""

import itertools
from pathlib import Path

import pytest

from benchmarks.faults.faults import FAULTS
from benchmarks.faults.ledger import Ledger, read_entries
from benchmarks.faults.memory import slope_mb_h
from benchmarks.faults.schedule import BY_NAME, KINDS, REBALANCE_EVERY_S, schedule


def test_every_line_is_forced_to_the_disk_before_the_caller_goes_on(tmp_path: Path) -> None:
    path, on_disk = tmp_path / "ledger", list[int]()
    with Ledger(
        path, clock=lambda: 7.0, sync=lambda _: on_disk.append(path.read_bytes().count(b"\n"))
    ) as ledger:
        assert ledger.write("attempt", id="1") == 7.0
        ledger.write("acknowledged", id="1")
    assert on_disk == [1, 2]
    assert list(read_entries(path)) == [
        {"what": "attempt", "at": 7.0, "id": "1"},
        {"what": "acknowledged", "at": 7.0, "id": "1"},
    ]


def test_a_ledger_is_appended_to_and_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    for number in (1, 2):
        with Ledger(path) as ledger:
            ledger.write("attempt", id=number)
    with path.open("ab") as file:
        file.write(b'{"what": "ackno')
    assert [entry["id"] for entry in read_entries(path)] == [1, 2]
    with path.open("ab") as file:
        file.write(b'\n{"what": "healed"}\n')
    with pytest.raises(ValueError, match="line 3 is no JSON"):
        list(read_entries(path))


def test_the_same_seed_gives_the_same_faults_and_another_one_others() -> None:
    assert schedule(3, 600) == schedule(3, 600)
    assert schedule(3, 600) != schedule(4, 600)


def test_half_an_hour_has_a_hundred_faults_of_every_kind_and_none_lasts_beyond_the_end() -> None:
    planned = schedule(1, 1800)
    assert len(planned) >= 100
    assert {fault.kind for fault in planned} == set(BY_NAME) == set(FAULTS)
    assert max(fault.at_s + fault.seconds for fault in planned) <= 1800
    assert [fault.at_s for fault in planned] == sorted(fault.at_s for fault in planned)


def test_longer_gaps_leave_a_hundred_faults_and_let_the_rest_go_on_between_them() -> None:
    planned = schedule(1, 1800)
    assert 100 <= len(planned) < len(schedule(1, 1800, gap_s=4.0))
    assert {fault.kind for fault in planned} == set(BY_NAME)
    own = [fault for fault in planned if fault.kind != "rebalance"]
    gaps = [b.at_s - a.at_s - a.seconds for a, b in itertools.pairwise(own)]
    assert min(gaps) + 0.02 >= 6.0
    assert max(gaps) - 0.02 <= 18.0


def test_each_kind_comes_once_before_any_comes_again() -> None:
    drawn = [fault.kind for fault in schedule(5, 1800) if fault.kind != "rebalance"]
    assert set(drawn[: len(KINDS)]) == {kind.name for kind in KINDS}


def test_every_moment_of_a_kind_comes_in_turn() -> None:
    for name in ("kill_worker", "stop_worker"):
        moments = [fault.moment for fault in schedule(2, 1800) if fault.kind == name]
        known = BY_NAME[name].moments
        assert moments == [known[n % len(known)] for n in range(len(moments))]
        assert set(moments) == set(known)


def test_four_minutes_have_every_kind() -> None:
    for of_seed in range(20):
        assert {fault.kind for fault in schedule(of_seed, 240)} == set(BY_NAME)


def test_a_worker_joins_every_half_minute_and_kinds_can_be_chosen() -> None:
    planned = schedule(1, 300, ["rebalance"])
    assert {round(b.at_s - a.at_s) for a, b in itertools.pairwise(planned)} == {REBALANCE_EVERY_S}
    assert {fault.kind for fault in schedule(1, 300, ["poison", "kill_api"])} == {"poison", "kill_api"}
    with pytest.raises(KeyError):
        schedule(1, 300, ["earthquake"])


def test_the_slope_is_that_after_the_warm_up_and_short_lives_have_none() -> None:
    samples = [(float(t), 10**8 * (2 if t < 660 else 1) + 1000 * t) for t in range(1200)]
    slope = slope_mb_h(samples)
    assert slope is not None
    assert abs(slope - 3.6) < 0.01
    assert slope_mb_h(samples[:1100]) is None
    assert slope_mb_h([]) is None
