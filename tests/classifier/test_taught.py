"""The shipped model with lessons: they work at once, for their own kind, and nowhere else."""

import numpy as np
import pytest

from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.reference import load_reference
from patternwatch.classifier.taught import TaughtModel, Teachable
from patternwatch.contracts.patterns import PATTERNS, Pattern
from tests.classifier.lessons import bump, lesson, noise, shift

ASKED = np.stack([bump(seed) for seed in range(100, 120)])
OTHERS = np.stack([make(seed) for make in (noise, shift) for seed in range(200, 220)])


@pytest.fixture(scope="module")
def teachable() -> Teachable:
    return Teachable(ShapeModel.load())


def test_without_lessons_it_says_what_the_network_says(teachable: Teachable) -> None:
    names = TaughtModel(teachable).name(ASKED, 240)
    np.testing.assert_array_equal(names.probabilities, ShapeModel.load().classify(ASKED, 240))
    assert list(names.taught) == [None] * len(ASKED)


def test_five_examples_teach_a_shape_of_ones_own(teachable: Teachable) -> None:
    lessons = [lesson(bump(seed)) for seed in range(5)]
    model = TaughtModel(teachable, lessons)
    names = model.name(ASKED, 240)
    found = [t for t in names.taught if t]
    assert len(found) >= 14
    assert {t.name for t in found} == {"our nightly batch"}
    assert all(0.5 <= t.probability <= 1 for t in found)
    assert {t.lesson_id for t in found} <= {le.lesson_id for le in lessons}
    np.testing.assert_array_equal(names.probabilities, TaughtModel(teachable).name(ASKED, 240).probabilities)
    assert [t for t in model.name(OTHERS, 240).taught if t] == []


def test_the_mirror_image_is_not_what_was_taught(teachable: Teachable) -> None:
    model = TaughtModel(teachable, [lesson(bump(seed)) for seed in range(5)])
    assert [t for t in model.name(-ASKED, 240).taught if t] == []


def test_one_correction_counts_at_once_for_the_same_chart_and_for_no_other(teachable: Teachable) -> None:
    seen = bump(1)
    model = TaughtModel(teachable, [lesson(seen, "fluctuations")])
    slightly = seen + 0.02 * np.random.default_rng(1).standard_normal(300)
    names = model.name(np.stack([seen, slightly, 1000 * seen + 7]), 240)
    assert {t.name for t in names.taught if t} == {"fluctuations"}
    named = [PATTERNS[k] for k in names.probabilities.argmax(axis=1)]
    assert named == [Pattern.FLUCTUATIONS] * 3
    np.testing.assert_allclose(names.probabilities.sum(axis=1), 1, atol=1e-5)
    assert [t for t in model.name(OTHERS, 240).taught if t] == []


def test_an_order_of_lessons_does_not_matter(teachable: Teachable) -> None:
    lessons = [lesson(bump(s)) for s in range(3)] + [lesson(shift(s), "step") for s in range(3)]
    one, two = TaughtModel(teachable, lessons), TaughtModel(teachable, lessons[::-1])
    assert one.name(ASKED, 240).taught == two.name(ASKED, 240).taught


def test_of_a_long_window_the_last_rows_count(teachable: Teachable) -> None:
    model = TaughtModel(teachable, [lesson(bump(1))])
    longer = np.concatenate([noise(9)[:80], bump(1)])
    assert model.name(longer[None], 320).taught[0] is not None
    assert model.name(np.empty((0, 300)), 240).probabilities.shape == (0, len(PATTERNS))


def test_the_reference_set_holds_every_pattern_in_little_room() -> None:
    reference = load_reference()
    assert set(reference.label) == set(range(len(PATTERNS)))
    assert np.bincount(reference.label).min() >= 20
    assert len(reference.values) <= 1000
