import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from patternwatch.contracts import errors
from patternwatch.contracts.errors import PatternwatchError, UnknownTenantError, WindowError
from patternwatch.contracts.patterns import PATTERNS, Pattern, PatternType
from patternwatch.contracts.series import MIN_BASELINE_ROWS, Matrix, SeriesBatch, Window
from patternwatch.contracts.settings import TenantSettings, tenant_named


def test_there_are_thirteen_patterns_beside_normal_and_other() -> None:
    typed = [p for p in PATTERNS if p.type is not PatternType.NONE]
    assert len(typed) == 13
    assert set(PATTERNS) - set(typed) == {Pattern.NORMAL, Pattern.OTHER}
    assert Pattern.SINGLE_SPIKE.type is PatternType.RECOVERED
    assert Pattern.STEADY_DECREASE.type is PatternType.STILL_ABNORMAL


@pytest.mark.parametrize("pattern", PATTERNS)
def test_mirroring_twice_is_the_same_chart(pattern: Pattern) -> None:
    assert pattern.mirrored.mirrored is pattern
    assert pattern.mirrored.type is pattern.type
    assert "_" not in pattern.label


@given(st.integers(10**12, 2 * 10**12), st.integers(1, 3_600_000), st.integers(61, 900), st.data())
def test_a_window_ends_on_the_grid_and_keeps_its_split_inside(
    end: int, step: int, rows: int, data: st.DataObject
) -> None:
    aligned = end - end % step
    split = data.draw(st.integers(aligned - (rows - 1) * step, aligned + step))
    window = Window.ending(end, split, step, rows)
    times = window.times()
    assert window.rows == len(times) == rows
    assert times[-1] == window.end_ms == aligned
    assert MIN_BASELINE_ROWS <= window.split_row < rows
    assert times[window.split_row] >= window.split_ms


TOO_SHORT = "is too short. Ask for more than 60 points and a step of at least 1 ms"


@pytest.mark.parametrize(
    ("split", "step", "rows", "said"),
    [
        (
            1_001_001,
            1000,
            300,
            (
                "The time to look at (1970-01-01T00:16:41.001Z) lies after the end of the data "
                "(1970-01-01T00:16:40Z). "
                "Give a time that is not in the future"
            ),
        ),
        (
            700_999,
            1000,
            300,
            (
                "The time to look at (1970-01-01T00:11:40.999Z) lies before the window, which starts at "
                "1970-01-01T00:11:41Z. "
                "Give an end nearer to it, or a longer step"
            ),
        ),
        (900_000, 0, 300, f"A window of 300 points of 0 ms {TOO_SHORT}"),
        (900_000, 1000, 60, f"A window of 60 points of 1000 ms {TOO_SHORT}"),
    ],
)
def test_an_impossible_window_says_why_and_what_to_do(split: int, step: int, rows: int, said: str) -> None:
    with pytest.raises(WindowError, match=f"^{re.escape(said)}$"):
        Window.ending(1_000_999, split, step, rows)


@pytest.mark.parametrize(
    ("split", "rows", "split_row"),
    [(1_001_000, 300, 299), (701_000, 300, 60), (1_000_000, 61, 60)],
    ids=["one step after the end", "at the start", "the shortest"],
)
def test_a_window_at_the_edge_of_the_possible_is_one(split: int, rows: int, split_row: int) -> None:
    window = Window.ending(1_000_999, split, 1000, rows)
    assert (window.rows, window.split_row, window.end_ms) == (rows, split_row, 1_000_000)


def test_a_window_of_wrong_order_or_ragged_length_is_invalid() -> None:
    with pytest.raises(ValidationError, match="start < split <= end"):
        Window(start_ms=5, split_ms=5, end_ms=9, step_ms=1)
    with pytest.raises(ValidationError, match="multiple of its step"):
        Window(start_ms=0, split_ms=5, end_ms=9, step_ms=2)


def test_a_window_can_be_moved_into_the_past_as_it_is() -> None:
    window = Window(start_ms=100, split_ms=150, end_ms=200, step_ms=10)
    assert window.earlier(60) == Window(start_ms=40, split_ms=90, end_ms=140, step_ms=10)


def test_a_batch_refuses_shapes_that_do_not_fit() -> None:
    times = np.arange(3, dtype=np.int64)
    with pytest.raises(ValueError, match="cannot hold") as refused:
        SeriesBatch([{"a": "1"}], times, np.zeros((2, 3)), [""])
    assert str(refused.value) == (
        "a batch of 1 label sets and 3 times cannot hold values of shape (2, 3) and 1 derivations"
    )
    with pytest.raises(ValueError, match="and 2 derivations"):
        SeriesBatch([{"a": "1"}], times, np.zeros((1, 3)), ["", "rate"])


@pytest.mark.parametrize("earlier", [None, np.arange(9.0).reshape(3, 3)], ids=["alone", "with a reference"])
def test_a_batch_gives_some_of_its_series_in_the_order_that_is_asked_for(earlier: Matrix | None) -> None:
    batch = SeriesBatch(
        [{"a": "0"}, {"a": "1"}, {"a": "2"}],
        np.arange(3, dtype=np.int64),
        np.arange(10.0, 19.0).reshape(3, 3),
        ["", "rate", "p99"],
        skipped={"constant": {"up": 1}},
        notes=("a note",),
        native=frozenset({2}),
        seasonal_reference=earlier,
    )
    taken = batch.take(iter([2, 0]))
    assert (len(batch), len(taken)) == (3, 2)
    assert taken.labels == [{"a": "2"}, {"a": "0"}]
    assert taken.derivation == ["p99", ""]
    assert taken.native == {0}
    assert (taken.skipped, taken.notes) == ({}, ())
    assert taken.times is batch.times
    assert taken.values.tolist() == [[16.0, 17.0, 18.0], [10.0, 11.0, 12.0]]
    expected = None if earlier is None else [[6.0, 7.0, 8.0], [0.0, 1.0, 2.0]]
    assert expected == (None if taken.seasonal_reference is None else taken.seasonal_reference.tolist())


def test_an_unknown_tenant_is_named_with_the_known_ones() -> None:
    tenants = (TenantSettings(id="one"), TenantSettings(id="two", selector='{a="b"}'))
    assert str(tenant_named(tenants, "two").matchers[0]) == 'a="b"'
    with pytest.raises(UnknownTenantError) as refused:
        tenant_named(tenants, "three")
    assert str(refused.value) == (
        "There is no tenant 'three'. Use one of: one, two, or add it to the settings"
    )
    with pytest.raises(ValidationError, match="cannot be read"):
        TenantSettings(id="one", selector="{")


def test_the_drawn_tree_of_errors_is_the_real_one() -> None:
    drawn = errors.__doc__ or ""
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    names = {kind.__name__ for kind in kinds if issubclass(kind, PatternwatchError)}
    assert len(names) > 15
    assert names == set(re.findall(r"\w+Error\b", drawn)), "the tree is drawn in contracts/errors.py"
