"""Which values of which labels are counted, held against a count of one series after the other."""

from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.analysis.identity import label_counts as label_counts_module
from patternwatch.analysis.identity.label_counts import LabelsByEntity, label_counts
from patternwatch.analysis.identity.part_labels import explaining
from patternwatch.analysis.identity.readings import Readings
from patternwatch.analysis.identity.subject_reader import SubjectReader
from patternwatch.analysis.scoring.family_movements import family_of
from patternwatch.contracts.label_counts import FamilyLabels, LabelCount
from patternwatch.contracts.series import SeriesBatch
from patternwatch.contracts.subject import Key
from tests.analysis.incidents import SETTINGS

SERIES = st.fixed_dictionaries(
    {"__name__": st.sampled_from(["errors", "load"])},
    optional={
        "service": st.sampled_from(["cart", "web"]),
        "pod": st.sampled_from(["cart-5d4f8c7b9-x2x9k", "cart-5d4f8c7b9-m4m2z", "web-0", ""]),
        "instance": st.sampled_from(["a:80", "b:80"]),
        "node": st.sampled_from(["n1", "n2"]),
        "container": st.sampled_from(["web", "sidecar"]),
        "code": st.sampled_from(["200", "500", "404", ""]),
        "job": st.sampled_from(["cart", "kubelet"]),
        "le": st.sampled_from(["1", "2"]),
    },
)


def by_entity(batch: SeriesBatch, read: Readings) -> LabelsByEntity:
    return LabelsByEntity(batch.labels, list(map(family_of, batch.labels, batch.derivation)), read)


def by_family(found: list[FamilyLabels]) -> list[FamilyLabels]:
    """Each family by itself, in the order of entities and families."""
    single = [replace(one, family=name, also=()) for one in found for name in (one.family, *one.also)]
    return sorted(single, key=lambda one: (one.entity, one.family, one.apart))


def counted(batch: SeriesBatch, read: Readings, rows: list[int], is_part: bool) -> list[FamilyLabels]:
    """The slow twin."""
    members: dict[tuple[Key, str], list[int]] = defaultdict(list)
    for i, series in enumerate(batch.labels):
        members[read[i].subject.entity, family_of(series, batch.derivation[i])].append(i)
    found = []
    for key, family in sorted(members, key=lambda m: (*m[0].place, m[0].name, m[1])):
        own = members[key, family]
        told = {i: explaining(batch.labels[i], read[i].subject) for i in own}
        numbers = Counter(item for items in told.values() for item in items)
        values: dict[str, set[str]] = defaultdict(set)
        for label, value in numbers:
            values[label].add(value)
        moved = {item for i in set(rows) & set(own) for item in told[i]}
        labels = {}
        for label in sorted(values):
            wanted = values[label] if is_part else {v for name, v in moved if name == label}
            distinct = len(values[label])
            if wanted and (distinct <= label_counts_module.MAX_VALUES if is_part else distinct > 1):
                total = sum(numbers[label, value] for value in values[label])
                own_counts = {value: numbers[label, value] for value in sorted(wanted)}
                labels[label] = LabelCount(series=total, distinct=distinct, values=own_counts)
        if labels:
            found.append(FamilyLabels(entity=(*key.place, key.name), family=family, labels=labels))
    return found


@settings(max_examples=300, deadline=None)
@given(
    labels=st.lists(SERIES, min_size=1, max_size=12),
    rows=st.lists(st.integers(0, 11), max_size=4),
    is_part=st.booleans(),
)
def test_values_are_counted_as_one_series_after_the_other_is(
    labels: list[dict[str, str]], rows: list[int], is_part: bool
) -> None:
    batch = SeriesBatch(
        labels,
        np.arange(3),
        np.ones((len(labels), 3)),
        ["", "rate"] * (len(labels) // 2) + [""] * (len(labels) % 2),
    )
    read = SubjectReader(SETTINGS).read(labels)
    rows = [row for row in rows if row < len(labels)]
    found = by_family(label_counts(by_entity(batch, read), rows, is_part=is_part))
    expected = counted(batch, read, rows, is_part)
    assert found == expected
    assert [list(one.labels) for one in found] == [list(one.labels) for one in expected]


def test_families_whose_labels_are_the_same_are_sent_once() -> None:
    pods = [{"service": "cart", "pod": f"cart-5d4f8c7b9-x2x9{n}"} for n in "kmn"]
    labels = [{"__name__": name, **pod} for name in ("errors", "load", "cpu") for pod in pods]
    labels.append({"__name__": "cpu", "service": "cart", "pod": "cart-5d4f8c7b9-x2x9p"})
    batch = SeriesBatch(labels, np.arange(3), np.ones((10, 3)), [""] * 10)
    told = by_entity(batch, SubjectReader(SETTINGS).read(labels))
    same = {"pod": LabelCount(series=3, distinct=3, values={"cart-5d4f8c7b9-x2x9k": 1})}
    more = {"pod": LabelCount(series=4, distinct=4, values={"cart-5d4f8c7b9-x2x9k": 1})}
    cpu, errors = label_counts(told, [0, 3, 6])
    assert (errors.family, errors.also, errors.labels) == ("errors", ("load",), same)
    assert (cpu.family, cpu.also, cpu.labels) == ("cpu", (), more)
    cpu, errors, load = label_counts(told, [0, 4, 6])  # other pods moved in `load`
    assert (errors.also, load.also, list(load.labels["pod"].values)) == ((), (), ["cart-5d4f8c7b9-x2x9m"])


def test_a_label_of_too_many_values_is_left_out_of_a_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_counts_module, "MAX_VALUES", 2)
    labels = [{"__name__": "load", "service": "cart", "path": str(n), "code": str(n % 2)} for n in range(6)]
    batch = SeriesBatch(labels, np.arange(3), np.ones((6, 3)), [""] * 6)
    (found,) = label_counts(by_entity(batch, SubjectReader(SETTINGS).read(labels)), [4], is_part=True)
    assert sorted(found.labels) == ["code", "service"]
    assert found.labels["code"] == LabelCount(series=6, distinct=2, values={"0": 3, "1": 3})


def test_what_may_be_of_another_entity_is_counted_apart_with_all_of_its_values(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labels = [
        {"__name__": "load", "job": "pods", "pod": pod, "code": code}
        for pod, codes in (("blue", "12"), ("green", "13"))
        for code in codes
    ]
    labels.append({"__name__": "load", "job": "pods", "code": "1"})
    batch = SeriesBatch(labels, np.arange(3), np.ones((5, 3)), [""] * 5)
    read = SubjectReader(SETTINGS).read(labels)
    whole, blue, green = label_counts(by_entity(batch, read), [0])
    assert [whole.apart, blue.apart, green.apart] == [("", ""), ("pod", "blue"), ("pod", "green")]
    assert {one.entity for one in (whole, blue, green)} == {("", "", "", "pods")}
    assert whole.labels == {"code": LabelCount(series=1, distinct=1, values={"1": 1})}
    assert green.labels["code"] == LabelCount(series=2, distinct=2, values={"1": 1, "3": 1})
    assert label_counts(by_entity(batch, read), []) == []
    monkeypatch.setattr(label_counts_module, "MAX_VALUES", 1)
    _, _, green = label_counts(by_entity(batch, read), [0])
    assert green.labels["code"] == LabelCount(series=2, distinct=2, values={"1": 1})
    monkeypatch.setattr(label_counts_module, "MAX_GROUPS", 2)
    (plain,) = label_counts(by_entity(batch, read), [0])
    assert plain.apart == ("", "")
    assert plain.labels["code"] == LabelCount(series=5, distinct=3, values={"1": 3})


def test_bare_pods_of_a_place_are_counted_beside_the_one_that_moved() -> None:
    labels = [
        {"__name__": "kube_pod_restarts", "namespace": place, "pod": pod, "job": "kube-state-metrics"}
        for place, pod in (("shop", "blue"), ("shop", "green"), ("mail", "red"))
    ]
    batch = SeriesBatch(labels, np.arange(3), np.ones((3, 3)), [""] * 3)
    found = label_counts(by_entity(batch, SubjectReader(SETTINGS).read(labels)), [1])
    assert [(one.entity[-1], one.apart) for one in found] == [
        ("blue", ("pod", "blue")),
        ("green", ("pod", "green")),
    ]


def test_what_was_counted_once_is_not_counted_again() -> None:
    labels = [{"__name__": "load", "service": "cart", "code": code} for code in "1232"]
    batch = SeriesBatch(labels, np.arange(3), np.ones((4, 3)), [""] * 4)
    told = by_entity(batch, SubjectReader(SETTINGS).read(labels))
    first = label_counts(told, [0])
    labels[1]["code"] = "1"  # nobody looks at the labels any more
    assert label_counts(told, [0]) == first
    (other,) = label_counts(told, [3])
    assert other.labels["code"] == LabelCount(series=4, distinct=3, values={"2": 2})
