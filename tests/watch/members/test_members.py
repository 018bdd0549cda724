"""Who sits in which slot, and what is known of each by its labels."""

import numpy as np
import pytest

from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.settings import AnalysisSettings
from patternwatch.watch.members.members import KEPT_PLACINGS, Members


def of_pod(pod: str, name: str = "load", service: str = "cart") -> dict[str, str]:
    return {"__name__": name, "service": service, "pod": pod, "namespace": "shop"}


A, B, C = (of_pod(f"cart-5d4f8c7b9-x2x{k}k") for k in range(3))


@pytest.fixture
def members() -> Members:
    return Members(AnalysisSettings(), step_ms=30_000)


def test_equal_labels_keep_their_slot_in_any_order_and_as_other_objects(members: Members) -> None:
    slots, begun = members.place([A, B], ["", ""])
    assert begun.tolist() == sorted(slots.tolist())
    again, begun = members.place([dict(B), dict(A)], ["", ""])
    assert again.tolist() == slots[::-1].tolist()
    assert not len(begun)


def test_the_same_name_derived_otherwise_is_another_series(members: Members) -> None:
    slots, _ = members.place([A, A], ["p50", "p99"])
    assert len(set(slots.tolist())) == 2
    assert members.family[slots[0]] != members.family[slots[1]]


def test_a_new_pod_takes_the_slot_of_one_that_ended(members: Members) -> None:
    first, _ = members.place([A, B], ["", ""])
    second, begun = members.place([A, C], ["", ""])
    assert second.tolist() == first.tolist()
    assert begun.tolist() == [first[1]]
    assert members.twin[first[1]] == first[1]


def test_of_pods_that_ended_the_last_one_is_replaced(members: Members) -> None:
    by_day, other = of_pod("cart-5d4f8c7b9-by-day"), of_pod("cart-5d4f8c7b9-new")
    _, _, replaced = members.place([by_day, A, B], ["", "", ""])[0]
    members.place([A, B], ["", ""])
    slots, begun = members.place([A, other], ["", ""])
    assert slots[1] == begun[0] == members.twin[replaced] == replaced


def test_an_added_pod_has_a_slot_of_its_own_and_a_twin(members: Members) -> None:
    first, _ = members.place([A], [""])
    second, begun = members.place([A, C], ["", ""])
    assert begun.tolist() == [second[1]]
    assert members.twin[second[1]] == first[0]


def test_a_metric_that_begins_in_a_known_pod_is_alone(members: Members) -> None:
    members.place([A], [""])
    failures = of_pod(A["pod"], "http_requests_failed_total")
    slots, _ = members.place([A, failures], ["", "rate"])
    assert members.alone[slots].tolist() == [False, True]
    assert members.twin[slots[1]] == -1


def test_series_that_are_gone_for_long_leave_their_slot(members: Members) -> None:
    first, _ = members.place([A, of_pod("x", service="web")], ["", ""])
    for _ in range(KEPT_PLACINGS + 1):
        members.place([A], [""])
    assert members.used[first].tolist() == [True, False]
    _, begun = members.place([A, of_pod("y", service="db")], ["", ""])
    assert members.twin[begun].tolist() == [-1]


def test_a_series_that_is_there_twice_is_refused(members: Members) -> None:
    with pytest.raises(ValueError, match="1 series are there twice"):
        members.place([A, dict(A)], ["", ""])


def test_categories_counts_parts_and_machines(members: Members) -> None:
    labels = [
        of_pod(A["pod"], "http_requests_total"),
        of_pod(A["pod"], "container_cpu_usage_seconds_total"),
        of_pod(B["pod"], "go_gc_duration_seconds"),
        {"__name__": "node_load1", "job": "node", "instance": "10.0.0.1:9100"},
    ]
    slots, _ = members.place(labels, ["rate", "rate", "mean", ""])
    found = [METRIC_CATEGORIES[k] for k in members.category[slots]]
    assert found[:3] == ["traffic", "cpu", "memory"]
    assert members.counting[slots].tolist() == [30.0, 0.0, 0.0, 0.0]
    entity, pod = members.entity[slots], members.pod[slots]
    assert entity[0] == entity[1] == entity[2] != entity[3]
    assert pod[0] == pod[1] != pod[2]
    assert members.machines[entity].tolist() == [False, False, False, True]
    assert members.names[entity[0]] == "cart"


def test_owners_told_later_join_what_labels_part(members: Members) -> None:
    pod = {"__name__": "queue", "namespace": "shop", "pod": "blue"}
    slots, _ = members.place([pod], [""])
    assert members.names[members.entity[slots[0]]] == "blue"
    owner = {**pod, "__name__": "kube_pod_owner", "owner_kind": "Rollout", "owner_name": "cart"}
    slots, _ = members.place([pod, owner], ["", ""])
    assert {members.names[k] for k in members.entity[slots]} == {"cart"}


def test_names_of_one_entity_in_two_places_tell_them_apart(members: Members) -> None:
    members.place([A, {**A, "namespace": "test"}], ["", ""])
    assert members.names == ["shop/cart", "test/cart"]


def test_a_snapshot_keeps_slots_and_numbers(members: Members) -> None:
    labels = [A, B, of_pod("web-0", service="web")]
    members.place(labels, [""] * 3)
    slots, _ = members.place([A, labels[2]], [""] * 2)
    values, arrays = members.snapshot()
    other = Members(AnalysisSettings(), step_ms=30_000)
    other.restore(values, {name: array.copy() for name, array in arrays.items()})
    again, begun = other.place([dict(A), C, labels[2]], [""] * 3)
    expected, _ = members.place([A, C, labels[2]], [""] * 3)
    assert again.tolist() == expected.tolist()
    assert again[[0, 2]].tolist() == slots.tolist()
    assert len(begun) == 1
    np.testing.assert_array_equal(other.entity, members.entity)
    np.testing.assert_array_equal(other.phase, members.phase)
