"""Faults, their choices by seed, the schedule, and what tells whether visitors felt one."""

from pathlib import Path

import numpy as np
import pytest

from patternwatch.cortex.bundle import Incident, read_bundle, write_bundle
from patternwatch.cortex.raw import ragged
from testbed.errors import TestbedError
from testbed.kube.compact import compact
from testbed.kube.faults.model import CALLERS, Subject
from testbed.kube.faults.registry import KUBE_FAULTS
from testbed.kube.resolver import addresses, answer, asked_name, question
from testbed.kube.schedule import plan_all
from testbed.kube.truth import changed, is_of
from testbed.kube.user_view import Steps, bad_bins, moved_actions, steps_of
from testbed.kube.workloads import workloads

FAULTS = [fault for fault in KUBE_FAULTS.values() if not fault.control]
CONTROLS = [fault for fault in KUBE_FAULTS.values() if fault.control]


def test_there_are_faults_of_at_least_fourteen_kinds_and_seven_controls() -> None:
    assert len({fault.kind for fault in FAULTS}) >= 14
    assert len(CONTROLS) >= 7


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_names_its_subject_and_repeats_by_seed(fault: object) -> None:
    assert fault in FAULTS
    one = KUBE_FAULTS[getattr(fault, "name", "")]
    plans = [one.plan(seed) for seed in range(12)]
    assert plans == [one.plan(seed) for seed in range(12)]
    assert one.moves
    names = {load.name for load in workloads()}
    for plan in plans:
        assert plan.subject.name
        assert set(plan.path) <= names


def test_other_seeds_choose_other_workloads() -> None:
    chosen = {KUBE_FAULTS["pod-kill"].plan(seed).subject.name for seed in range(20)}
    assert len(chosen) >= 4
    assert chosen <= CALLERS.keys()


def test_the_schedule_is_the_same_each_time_and_refuses_what_it_does_not_know() -> None:
    assert plan_all(list(KUBE_FAULTS), [1, 2]) == plan_all(list(KUBE_FAULTS), [1, 2])
    assert len(plan_all(list(KUBE_FAULTS), [1, 2])) == 2 * len(KUBE_FAULTS)
    with pytest.raises(TestbedError, match=r"gremlin.*pod-kill"):
        plan_all(["gremlin"], [1])


def counters(seconds: int, failed: float = 0.0, took: float = 0.02) -> Steps:
    """Four steps a second for so long, with this share of failures and mean duration."""
    taken = np.arange(0.0, 4.0 * seconds, 4.0)
    return Steps(taken, failed * taken, took * taken)


def test_failures_and_waiting_are_felt_and_a_quiet_time_is_not() -> None:
    usual = counters(200)
    assert bad_bins(usual, counters(70)) == 0
    assert bad_bins(usual, counters(70, failed=0.1)) >= 10
    assert bad_bins(usual, counters(70, took=0.2)) >= 10
    assert bad_bins(usual, counters(70, took=0.035)) == 0, "nobody feels 15 ms"


def test_an_action_that_failed_as_often_before_is_not_felt() -> None:
    assert moved_actions({"home": counters(200, failed=0.2)}, {"home": counters(70, failed=0.2)}) == {}


def test_a_short_stumble_is_not_an_incident() -> None:
    after = counters(70)
    after.failed[10:] = 8.0
    assert moved_actions({"home": counters(200)}, {"home": after}) == {}


def test_an_absent_sample_is_what_was_last() -> None:
    rows = [{"values": [[10, "1"], [12, "5"]]}, {"values": [[11, "2"]]}]
    assert steps_of(rows, [10, 11, 12, 13]).tolist() == [1.0, 3.0, 7.0, 7.0]


@pytest.mark.parametrize(
    ("labels", "own"),
    [
        ({"namespace": "shop", "pod": "cart-gk4jnlkbf7-fh26m"}, True),
        ({"namespace": "shop", "pod": "cart-canary-gk4jnlkbf7-fh26m"}, False),
        ({"namespace": "media", "pod": "cart-gk4jnlkbf7-fh26m"}, False),
        ({"namespace": "shop", "deployment": "cart", "pod": "kube-prometheus-stack-x"}, True),
        ({"namespace": "shop", "deployment": "orders"}, False),
    ],
)
def test_series_of_a_workload_are_told_from_those_of_others(labels: dict[str, str], own: bool) -> None:
    assert is_of(labels, Subject("Deployment", "cart", "shop")) is own


def test_series_of_a_node_are_those_of_its_exporters() -> None:
    node = Subject("Node", "ip-10-42-1-1")
    assert is_of({"job": "node-exporter", "node": "ip-10-42-1-1"}, node)
    assert not is_of({"job": "cart", "node": "ip-10-42-1-1"}, node)


@pytest.mark.parametrize(
    ("values", "moved"),
    [
        ([(0, "1"), (50, "1"), (99, "1")], False),
        ([(0, "1"), (50, "1"), (99, "0")], True),
        ([(0, "1"), (50, "1")], True),
        ([(60, "1"), (99, "1")], True),
    ],
    ids=["flat", "another value", "ended", "began"],
)
def test_a_series_moved_when_it_changed_ended_or_began(values: list[tuple[float, str]], moved: bool) -> None:
    assert changed(values, at=50.0, end=100.0) is moved


def test_a_dns_answer_holds_what_was_asked_and_all_addresses() -> None:
    asked = question(9, "cart.shop.svc.cluster.local")
    assert asked_name(asked) == "cart.shop.svc.cluster.local"
    assert addresses(answer(asked, ["10.42.1.5", "10.42.12.250"])) == ["10.42.1.5", "10.42.12.250"]
    assert addresses(answer(asked, [])) == []


def test_a_compact_bundle_reads_as_before_and_keeps_whole_numbers(tmp_path: Path) -> None:
    path, draw = tmp_path / "one.parquet", np.random.default_rng(3)
    times = np.arange(300, dtype=np.int64) * 1000 + 1_764_000_000_000
    bytes_sent = np.cumsum(draw.integers(0, 9000, 300)).astype(np.float64) + 2.0**40
    shares = draw.random(300)
    series = ragged(
        [{"__name__": "sent_bytes_total"}, {"__name__": "share"}],
        ["counter", "gauge"],
        [times, times],
        [bytes_sent, shares],
    )
    incident = Incident(name="one", step_ms=1000, start_ms=0, end_ms=2, at_ms=1)
    write_bundle(path, incident, series)
    assert compact(path) == path.stat().st_size
    again, read = read_bundle(path)
    assert again == incident
    assert read.labels == series.labels
    np.testing.assert_array_equal(read.timestamps, series.timestamps)
    np.testing.assert_array_equal(read.values[:300], bytes_sent)
    np.testing.assert_allclose(read.values[300:], shares, rtol=1e-6)
