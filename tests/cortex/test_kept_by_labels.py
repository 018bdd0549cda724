"""What labels and types alone tell is kept between windows of one selection: the same as found anew."""

import numpy as np
import pytest

from patternwatch.cortex import histogram_parts
from patternwatch.cortex import name_roles as roles_module
from patternwatch.cortex.histogram_parts import KeptHistograms, Sorted, histograms_among
from patternwatch.cortex.name_roles import KeptRoles, NameRoles, name_roles
from patternwatch.cortex.raw import Described, RawSeries, ragged
from patternwatch.cortex.ring_buffer import RingBuffer

STEP, ROWS, END = 1000, 6, 100_000


def growing(labels: list[dict[str, str]], types: list[str]) -> RawSeries:
    """Series that grow by about their number."""
    times = np.arange(END - 7 * STEP, END + 1, STEP, dtype=np.int64)
    values = [np.arange(len(times), dtype=np.float64) * (n + 0.5) for n in range(len(labels))]
    return ragged(labels, types, [times] * len(labels), values)


def wait(kind: str = "histogram", *more: str) -> RawSeries:
    parts = [("bucket", "1"), ("bucket", "1.0"), ("bucket", "2"), ("count", ""), ("sum", "")]
    labels = [{"__name__": f"wait_{part}", **({"le": bound} if bound else {})} for part, bound in parts]
    labels += [{"__name__": name} for name in ("jobs_count", *more)]
    return growing(labels, [*[kind] * 5, "counter", *["counter"] * len(more)])


def test_what_was_made_of_the_first_window_does_not_show_in_the_second() -> None:
    """A missing bucket of all is taken from the count, and equal bounds are merged, each time anew."""
    ring = RingBuffer(ROWS, STEP)
    ring.add(wait(), END)
    first, second = ring.batch(END), ring.batch(END)
    assert first.derivation.count("p99") == 1
    assert second.labels == first.labels
    assert second.derivation == first.derivation
    np.testing.assert_array_equal(second.values, first.values)
    assert second.skipped == first.skipped


def test_they_are_found_anew_only_where_series_types_or_positions_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found: list[int] = []

    def noted(raw: RawSeries, rows: list[int]) -> Sorted:
        found.append(len(rows))
        return histograms_among(raw, rows)

    monkeypatch.setattr(histogram_parts, "histograms_among", noted)
    kept, more = KeptHistograms(), wait("histogram", "jobs_sum")
    for raw, rows in (
        (wait(), [*range(6)]),
        (wait(), [*range(6)]),
        (wait(), [*range(5)]),
        (wait("unknown"), [*range(5)]),
        (more, [*range(7)]),
    ):
        assert kept(raw, rows) == histograms_among(raw, rows)
    assert found == [6, 5, 5, 7]


def test_roles_are_asked_anew_only_where_series_or_types_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def noted(raw: Described) -> NameRoles:
        asked.append(len(raw))
        return name_roles(raw)

    monkeypatch.setattr(roles_module, "name_roles", noted)
    kept = KeptRoles()
    for raw in (wait(), wait(), wait("unknown"), wait("unknown", "batch_running")):
        np.testing.assert_array_equal(kept(raw), name_roles(raw))
    assert asked == [6, 6, 7]
