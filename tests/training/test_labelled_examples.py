"""Examples become labelled windows that training takes."""

from pathlib import Path

import numpy as np
import pytest

from patternwatch.contracts.errors import LabelError
from patternwatch.contracts.labelled_examples import make_labelled_example
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.training.datasets import read_labelled
from patternwatch.training.labelled_examples import write_labelled
from tests.classifier.labelled_examples import example, noise, shift


def test_corrections_become_labelled_windows_of_their_series(tmp_path: Path) -> None:
    young = make_labelled_example("a", "normal", noise(3)[100:], 140, labelled_at_ms=1, series_id="s3")
    own = example(shift(4), "our nightly batch")
    path = tmp_path / "runs" / "labelled.npz"
    assert write_labelled([example(shift(1), "level_shift_up"), young, own], path) == 2
    found = read_labelled(path)
    assert [PATTERNS[k] for k in found.windows.label] == [Pattern.LEVEL_SHIFT_UP, Pattern.NORMAL]
    assert found.windows.split.tolist() == [240, 240]
    assert np.isnan(found.windows.values[1, :100]).all()
    assert found.group[1] == "examples/s3"
    assert found.shippable.all()


def test_they_are_put_beside_other_labelled_windows(tmp_path: Path) -> None:
    write_labelled([example(shift(1), "level_shift_up")], tmp_path / "one.npz")
    write_labelled([example(noise(1), "normal")], tmp_path / "two.npz", beside=tmp_path / "one.npz")
    assert len(read_labelled(tmp_path / "two.npz").windows) == 2


def test_without_a_correction_there_is_nothing_to_learn(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="None of the 1 examples"):
        write_labelled([example(shift(1))], tmp_path / "labelled.npz")
    assert not (tmp_path / "labelled.npz").exists()
