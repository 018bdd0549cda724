"""The shipped model with examples: they work at once, for their own kind, and nowhere else."""

import numpy as np
import pytest

from patternwatch.classifier.few_shot import EmbeddingSpace, FewShotClassifier
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.reference import load_reference
from patternwatch.contracts.patterns import PATTERNS, Pattern
from tests.classifier.labelled_examples import bump, example, noise, shift

ASKED = np.stack([bump(seed) for seed in range(100, 120)])
OTHERS = np.stack([make(seed) for make in (noise, shift) for seed in range(200, 220)])


@pytest.fixture(scope="module")
def teachable() -> EmbeddingSpace:
    return EmbeddingSpace(ShapeModel.load())


def test_without_examples_it_says_what_the_network_says(teachable: EmbeddingSpace) -> None:
    names = FewShotClassifier(teachable).name(ASKED, 240)
    np.testing.assert_array_equal(names.probabilities, ShapeModel.load().classify(ASKED, 240))
    assert list(names.taught) == [None] * len(ASKED)


def test_five_examples_teach_a_shape_of_ones_own(teachable: EmbeddingSpace) -> None:
    examples = [example(bump(seed)) for seed in range(5)]
    model = FewShotClassifier(teachable, examples)
    names = model.name(ASKED, 240)
    found = [t for t in names.taught if t]
    assert len(found) >= 14
    assert {t.name for t in found} == {"our nightly batch"}
    assert all(0.5 <= t.probability <= 1 for t in found)
    assert {t.example_id for t in found} <= {le.example_id for le in examples}
    np.testing.assert_array_equal(
        names.probabilities, FewShotClassifier(teachable).name(ASKED, 240).probabilities
    )
    assert [t for t in model.name(OTHERS, 240).taught if t] == []


def test_the_mirror_image_is_not_what_was_taught(teachable: EmbeddingSpace) -> None:
    model = FewShotClassifier(teachable, [example(bump(seed)) for seed in range(5)])
    assert [t for t in model.name(-ASKED, 240).taught if t] == []


def test_one_correction_counts_at_once_for_the_same_chart_and_for_no_other(teachable: EmbeddingSpace) -> None:
    seen = bump(1)
    model = FewShotClassifier(teachable, [example(seen, "fluctuations")])
    slightly = seen + 0.02 * np.random.default_rng(1).standard_normal(300)
    names = model.name(np.stack([seen, slightly, 1000 * seen + 7]), 240)
    assert {t.name for t in names.taught if t} == {"fluctuations"}
    named = [PATTERNS[k] for k in names.probabilities.argmax(axis=1)]
    assert named == [Pattern.FLUCTUATIONS] * 3
    np.testing.assert_allclose(names.probabilities.sum(axis=1), 1, atol=1e-5)
    assert [t for t in model.name(OTHERS, 240).taught if t] == []


def test_an_order_of_examples_does_not_matter(teachable: EmbeddingSpace) -> None:
    examples = [example(bump(s)) for s in range(3)] + [example(shift(s), "step") for s in range(3)]
    one, two = FewShotClassifier(teachable, examples), FewShotClassifier(teachable, examples[::-1])
    assert one.name(ASKED, 240).taught == two.name(ASKED, 240).taught


def test_of_a_long_window_the_last_rows_count(teachable: EmbeddingSpace) -> None:
    model = FewShotClassifier(teachable, [example(bump(1))])
    longer = np.concatenate([noise(9)[:80], bump(1)])
    assert model.name(longer[None], 320).taught[0] is not None
    assert model.name(np.empty((0, 300)), 240).probabilities.shape == (0, len(PATTERNS))


def test_the_reference_set_holds_every_pattern_in_little_room() -> None:
    reference = load_reference()
    assert set(reference.label) == set(range(len(PATTERNS)))
    assert np.bincount(reference.label).min() >= 20
    assert len(reference.values) <= 1000
