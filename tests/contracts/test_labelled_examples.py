"""What may be taught, and what is refused with a reason."""

from typing import Any

import numpy as np
import pytest

from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import LabelError
from patternwatch.contracts.labelled_examples import LabelledExample, make_labelled_example
from patternwatch.contracts.patterns import Pattern

WINDOW = np.random.default_rng(1).standard_normal(300).astype(np.float32)
GAPS = np.where(np.arange(300) < 200, np.nan, WINDOW).astype(np.float32)


def taught(
    name: str = "our nightly batch", values: Floats32 = WINDOW, split: int = 240, tenant: str = "a"
) -> LabelledExample:
    return make_labelled_example(tenant, name, values, split, labelled_at_ms=1)


def test_an_example_travels_whole() -> None:
    example = taught(values=np.where(np.arange(300) == 7, np.nan, WINDOW).astype(np.float32))
    again = decode(encode(example), LabelledExample)
    np.testing.assert_array_equal(again.values, example.values)
    assert (again.name, again.split, again.example_id) == ("our nightly batch", 240, example.example_id)


def test_its_id_is_the_windows_and_the_tenants() -> None:
    assert taught().example_id == taught("level_shift_up").example_id
    assert len({taught().example_id, taught(split=241).example_id, taught(tenant="b").example_id}) == 3
    assert taught(values=WINDOW * 2).example_id != taught().example_id


def test_a_patterns_name_corrects_and_any_other_is_the_tenants_own() -> None:
    assert taught("level_shift_up").pattern is Pattern.LEVEL_SHIFT_UP
    assert taught("other").pattern is Pattern.OTHER
    assert taught("nightly batch 2").pattern is None
    assert taught("  nightly ").name == "nightly"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "no name of a shape"),
        ("x" * 61, "no name of a shape"),
        ("<script>", "no name of a shape"),
        ("Level shift-up", "write 'level_shift_up'"),
        ("NORMAL", "write 'normal'"),
        ("none", "reserved"),
    ],
)
def test_a_name_that_would_confuse_is_refused(name: str, why: str) -> None:
    with pytest.raises(LabelError, match=why):
        taught(name)


@pytest.mark.parametrize(
    ("values", "split", "why"),
    [
        (WINDOW[:50], 40, "40 points before the split"),
        (GAPS, 240, "40 points before the split"),
        (WINDOW, 300, "outside of a window"),
        (WINDOW, 0, "outside of a window"),
        (WINDOW * 0, 240, "every point is the same"),
        (np.where(np.arange(300) >= 240, np.nan, WINDOW), 240, "no points from the split on"),
        (np.where(np.arange(300) == 250, np.inf, WINDOW), 240, "infinite"),
    ],
)
def test_a_window_with_nothing_to_learn_is_refused(values: Floats32, split: int, why: str) -> None:
    with pytest.raises(LabelError, match=why):
        taught(values=values, split=split)


REMEDY = "Teach a window of 120 to 300 points with a pattern's name, or a short name of your own"


@pytest.mark.parametrize(
    ("example", "said"),
    [
        ({"split": 300}, "the split 300 lies outside of a window of 300 points"),
        ({"values": WINDOW * 0}, "values: every point is the same: there is no shape to learn"),
        (
            {"name": "?" * 100},
            (
                f"name: '{'?' * 80}' is no name of a shape: use 1 to 60 letters, digits, blanks or _.:-, "
                "with a letter or digit at both ends"
            ),
        ),
    ],
)
def test_a_refusal_is_one_sentence_and_says_what_to_do(example: dict[str, Any], said: str) -> None:
    with pytest.raises(LabelError) as refused:
        taught(**example)
    assert str(refused.value) == f"This cannot be taught: {said}. {REMEDY}"


def test_of_a_long_window_the_last_rows_are_kept() -> None:
    long = np.random.default_rng(2).standard_normal(900).astype(np.float32)
    example = taught(values=long, split=850)
    np.testing.assert_array_equal(example.values, long[600:])
    assert example.split == 250
    assert example.example_id == taught(values=long[600:], split=250).example_id


def test_the_same_points_are_the_same_example_in_whatever_precision_they_come() -> None:
    precise: Any = WINDOW.astype(np.float64)
    assert taught(values=precise).example_id == taught().example_id
