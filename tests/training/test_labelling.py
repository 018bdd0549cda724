from pathlib import Path

import numpy as np
import pytest

from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.training.contact_sheet import draw
from patternwatch.training.datasets import OWN, OWN_FILE, read_labelled
from patternwatch.training.label_candidates import MAX_PER_METRIC, Candidate, choose, traits_of
from patternwatch.training.labelling import SHORT, pack


def candidate(number: int, metric: str, traits: tuple[int, ...]) -> Candidate:
    return Candidate(np.full(300, number, np.float32), 240, "incident", metric, traits)


def test_at_least_300_windows_of_our_own_are_labelled_with_every_shape() -> None:
    own = read_labelled(OWN_FILE)
    assert len(own) >= 300
    assert set(own.windows.label) == set(range(len(PATTERNS)))
    assert own.shippable.all()
    assert set(own.source) == {OWN}
    assert (own.windows.second != own.windows.label).all()
    assert np.mean(own.windows.second != NONE) > 0.2


def test_rare_traits_are_chosen_as_often_as_common_ones() -> None:
    found = [candidate(k, f"m{k}", (0,)) for k in range(90)] + [candidate(k, f"r{k}", (1,)) for k in range(9)]
    chosen = choose(found, 16)
    assert sorted(each.traits for each in chosen) == [(0,)] * 8 + [(1,)] * 8
    assert chosen == choose(found, 16)


def test_no_metric_is_chosen_often() -> None:
    found = [candidate(k, "same", (k % 5,)) for k in range(50)]
    assert len(choose(found, 20)) == MAX_PER_METRIC


def test_traits_tell_shapes_apart() -> None:
    rows = np.arange(300)
    quiet = np.random.default_rng(1).standard_normal(300)
    shapes = [0 * rows, 20 * (rows == 270), 20 * (rows > 260), -20 * (rows > 260), 20 * (rows > 296)]
    assert len(set(traits_of(np.array([quiet + shape for shape in shapes]), 240))) == len(shapes)


@pytest.fixture
def sheets(tmp_path: Path) -> Path:
    values = np.random.default_rng(2).standard_normal((4, 300)).astype(np.float32)
    np.savez(tmp_path / "windows.npz", values=values, split=np.full(4, 240), group=np.array(list("aabb")))
    return tmp_path


def test_labels_and_windows_are_packed_and_unlabelled_windows_left_out(sheets: Path) -> None:
    (sheets / "labels.csv").write_text("number,label,second\n0,ls+,normal\n2,,\n3,multiple_dips,\n")
    pack(sheets, sheets / "out.npz")
    packed = read_labelled(sheets / "out.npz")
    assert [PATTERNS[k] for k in packed.windows.label] == [Pattern.LEVEL_SHIFT_UP, Pattern.MULTIPLE_DIPS]
    assert packed.windows.second.tolist() == [PATTERNS.index(Pattern.NORMAL), NONE]
    assert packed.group.tolist() == ["a", "b"]
    with np.load(sheets / "windows.npz") as file:
        np.testing.assert_array_equal(packed.windows.values, file["values"][[0, 3]])


def test_a_label_that_is_no_shape_is_refused(sheets: Path) -> None:
    (sheets / "labels.csv").write_text("number,label,second\n0,upish,\n")
    with pytest.raises(BundleError, match="upish"):
        pack(sheets, sheets / "out.npz")


def test_every_shape_has_a_short_name() -> None:
    assert set(SHORT.values()) == {p.value for p in Pattern} | {""}


def test_a_sheet_is_drawn(tmp_path: Path) -> None:
    values = np.random.default_rng(3).standard_normal((2, 300)).astype(np.float32)
    draw(values, np.array([240, 200]), ["0", "1"], tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 5000
