"""The arithmetic of taught shapes, beside a slow twin."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.classifier import prototypes as fast
from patternwatch.classifier.prototypes import (
    ENOUGH,
    MAX_SWALLOWED,
    NEAR,
    NO_CLASS,
    learned,
    membership,
    space_of,
)

SIZE = 8


def reference(rng: np.random.Generator, count: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Four clouds."""
    label = np.repeat(np.arange(4), count // 4)
    centres = 6 * np.eye(4, SIZE)
    return (centres[label] + rng.standard_normal((count, SIZE))).astype(np.float32), label


def cloud(rng: np.random.Generator, count: int) -> np.ndarray:
    """A fifth one, which the reference does not know."""
    return (6 * np.eye(1, SIZE, 5) + rng.standard_normal((count, SIZE))).astype(np.float32)


def slow_belonging(space: fast.WhitenedSpace, shape: fast.Shape, window: np.ndarray) -> float:
    """One window and one shape, step by step."""
    x = window @ space.whiten
    sure = 0.0
    for example, near in zip(shape.examples, shape.near, strict=True):
        distance = sum((a - b) ** 2 for a, b in zip(x, example, strict=True))
        if distance < near:
            sure = max(sure, 1 - 0.5 * distance / near)
    to_mean = sum((a - b) ** 2 for a, b in zip(x, shape.mean, strict=True))
    rivals = [
        sum((a - b) ** 2 for a, b in zip(x, mean, strict=True))
        for mean, known in zip(space.means, space.known, strict=True)
        if known != shape.label
    ]
    inside = min(rivals) - to_mean - shape.threshold
    if inside > 0 and to_mean <= shape.radius:
        depth = inside / max(shape.typical - shape.threshold, 1e-6)
        sure = max(sure, 0.5 + 0.45 * min(depth, 1.0))
    return sure


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), examples=st.integers(1, 9), label=st.sampled_from([NO_CLASS, 0, 3]))
def test_windows_belong_as_the_slow_twin_says(seed: int, examples: int, label: int) -> None:
    rng = np.random.default_rng(seed)
    embedding, labels = reference(rng)
    space = space_of(embedding, labels)
    shape = learned(space, cloud(rng, examples), label)
    asked = np.concatenate([cloud(rng, 20), embedding[::20]])
    expected = [slow_belonging(space, shape, window) for window in asked]
    np.testing.assert_allclose(membership(space, [shape], asked)[:, 0], expected, atol=2e-3)


def test_the_space_makes_the_classes_round() -> None:
    rng = np.random.default_rng(1)
    embedding, label = reference(rng, 4000)
    stretch = np.diag(np.linspace(1, 30, SIZE)).astype(np.float32)
    space = space_of(embedding @ stretch, label)
    spread = np.concatenate([space.reference[label == k] - space.means[k] for k in range(4)]).std(axis=0)
    assert spread.max() / spread.min() < 30 / 2  # it was 30; the shrinkage keeps some of it


@pytest.mark.parametrize("examples", [2, 5, 12])
def test_few_windows_of_others_are_swallowed(examples: int) -> None:
    rng = np.random.default_rng(2)
    embedding, label = reference(rng)
    space = space_of(embedding, label)
    shape = learned(space, embedding[:examples] + np.float32(0.5))  # right beside a known class
    swallowed = (membership(space, [shape], embedding)[:, 0] > 0).mean()
    assert swallowed <= MAX_SWALLOWED * min((examples - 1) / (ENOUGH - 1), 1)


def test_five_examples_teach_a_cloud_that_nobody_knew() -> None:
    rng = np.random.default_rng(3)
    embedding, label = reference(rng)
    space = space_of(embedding, label)
    shape = learned(space, cloud(rng, 5))
    assert (membership(space, [shape], cloud(rng, 200))[:, 0] > 0).mean() > 0.9


def test_one_example_reaches_no_farther_than_its_neighbourhood() -> None:
    rng = np.random.default_rng(4)
    embedding, label = reference(rng)
    space = space_of(embedding, label)
    (example,) = cloud(rng, 1)
    shape = learned(space, example[None])
    back = np.linalg.inv(space.whiten)
    step = np.eye(1, SIZE) * np.sqrt(NEAR * SIZE)
    for far, recognised in ((0.0, True), (0.9, True), (1.1, False)):
        asked = (example + far * step @ back).astype(np.float32)
        assert (membership(space, [shape], asked)[0, 0] > 0) == recognised
    beside = learned(space, embedding[:1] + np.float32(1e-3))
    assert not membership(space, [beside], embedding).any()


def test_a_window_has_one_shape_the_surest() -> None:
    rng = np.random.default_rng(5)
    embedding, label = reference(rng)
    space = space_of(embedding, label)
    examples = cloud(rng, 6)
    sure = membership(space, [learned(space, examples[:3]), learned(space, examples[3:])], examples)
    assert ((sure > 0).sum(axis=1) == 1).all()
    assert (sure.argmax(axis=1) == [0, 0, 0, 1, 1, 1]).all()
