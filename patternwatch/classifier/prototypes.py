"""Taught shapes by nearest prototypes: a linear discriminant on the network's embedding.

The embedding is whitened by the spread within the known classes of a reference set. In that space a
window is close to a prototype when it differs from it only as windows of one shape differ among
themselves. What counts is how much closer it is to a taught prototype than to any known class; the
threshold is set on the reference set, so that taught shapes swallow few windows of others.

Sources: Snell et al., "Prototypical Networks for Few-shot Learning" (NIPS 2017); Ledoit and Wolf, "A
well-conditioned estimator for large-dimensional covariance matrices" (2004) for the shrinkage's form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Matrix32: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.int64]

NO_CLASS = -1
"""The class of a shape that is none of the reference set's."""
SHRINKAGE = 0.3
"""Part of the within-class covariance that is replaced by a sphere: it is estimated from few windows."""
MAX_SWALLOWED = 0.015
"""Part of the other shapes' reference windows that a taught shape may take, from ENOUGH examples on."""
ENOUGH = 5
"""Examples from which on a shape may reach that far. One example takes no window of the reference set."""
NEAR = 0.25
"""How far a window may lie from a single example, in what windows of one shape differ from their mean."""
REACH = 2.0
"""How far a window may lie from the mean, in the largest distance of an example from the others' mean."""
_LESS = 0.999
"""A reference window that lies on a border is outside, whatever the rounding."""


@dataclass(frozen=True, slots=True)
class WhitenedSpace:
    """Where distances are measured: the embedding, whitened, and the known classes in it.

    whiten     (E, E)
    reference  whitened reference windows (R, E), and the class of each, `label` (R,)
    means      (K, E), the means of the classes `known` (K,)
    """

    whiten: Matrix32
    reference: Matrix32
    label: Ints
    means: Matrix32
    known: Ints


@dataclass(frozen=True, slots=True)
class Shape:
    """One taught shape; distances are squared and whitened.

    examples   (n, E), whitened
    near       (n,), how far a window may lie from each example to be taken for the same
    mean       (E,), of the examples
    radius     how far a window may lie from the mean
    threshold  how much nearer to the mean than to that of any other class it has to lie, at least
    typical    how much nearer the examples lie, in the middle
    label      the class of the reference set that it belongs to, NO_CLASS for none of them
    """

    examples: Matrix32
    near: npt.NDArray[np.float32]
    mean: Matrix32
    radius: float
    threshold: float
    typical: float
    label: int


def space_of(embedding: Matrix32, label: Ints) -> WhitenedSpace:
    """The space that a reference set of windows (R, E) with these classes (R,) spans."""
    known, position = np.unique(label, return_inverse=True)
    x = embedding.astype(np.float64)
    means = np.stack([x[position == k].mean(axis=0) for k in range(len(known))])
    away = x - means[position]
    spread = away.T @ away / len(x)
    size = len(spread)
    spread = (1 - SHRINKAGE) * spread + SHRINKAGE * np.trace(spread) / size * np.eye(size)
    value, vector = np.linalg.eigh(spread)
    whiten = vector / np.sqrt(np.maximum(value, 1e-12))
    return WhitenedSpace(
        whiten.astype(np.float32),
        (x @ whiten).astype(np.float32),
        label,
        (means @ whiten).astype(np.float32),
        known,
    )


def learned(space: WhitenedSpace, embedding: Matrix32, label: int = NO_CLASS) -> Shape:
    """The shape that these examples (n, E) teach; `label` is its class in the reference set, if it has one.

    Each example is a prototype by itself, which reaches no farther than to the first reference window of
    another class; from two on their mean is one too.
    """
    examples = embedding @ space.whiten
    n, mean = len(examples), examples.mean(axis=0)
    others = space.reference[space.label != label]
    nearest = squared_distances(examples, others).min(axis=1)
    margin = np.sort(_margin(space, others, mean, label))[::-1]
    allowed = int(MAX_SWALLOWED * min((n - 1) / (ENOUGH - 1), 1.0) * len(margin))
    border = float(margin[allowed])
    return Shape(
        examples,
        near=np.minimum(_LESS * nearest, NEAR * len(mean)),
        mean=mean,
        radius=REACH * float(left_out_distances(examples).max()) if n > 1 else 0.0,
        threshold=border + (1 - _LESS) * abs(border),
        typical=float(np.median(_margin(space, examples, mean, label))),
        label=label,
    )


def membership(space: WhitenedSpace, shapes: Sequence[Shape], embedding: Matrix32) -> npt.NDArray[np.float64]:
    """How surely each window (N, E) has each shape (N, S): 0 for not at all, from .5 at the border to 1.

    A window has one shape at most: the surest.
    """
    x = embedding @ space.whiten
    found = np.zeros((len(x), len(shapes)))
    for k, shape in enumerate(shapes):
        found[:, k] = np.maximum(_like_an_example(shape, x), _like_the_mean(space, shape, x))
    best = found.argmax(axis=1)[:, None]
    return np.where(np.arange(len(shapes)) == best, found, 0.0)


def nearest_example(space: WhitenedSpace, shape: Shape, embedding: Matrix32) -> npt.NDArray[np.intp]:
    """The position of the example that is nearest to each window (N, E)."""
    return np.asarray(squared_distances(embedding @ space.whiten, shape.examples).argmin(axis=1))


def _like_an_example(shape: Shape, x: Matrix32) -> npt.NDArray[np.float64]:
    away = (squared_distances(x, shape.examples) / np.maximum(shape.near, 1e-9)).min(axis=1)
    return np.where(away < 1, 1 - 0.5 * away, 0.0)


def _like_the_mean(space: WhitenedSpace, shape: Shape, x: Matrix32) -> npt.NDArray[np.float64]:
    inside = _margin(space, x, shape.mean, shape.label) - shape.threshold
    depth = inside / max(shape.typical - shape.threshold, 1e-6)
    near = squared_distances(x, shape.mean[None])[:, 0] <= shape.radius
    return np.where((inside > 0) & near, 0.5 + 0.45 * np.clip(depth, 0.0, 1.0), 0.0)


def left_out_distances(examples: Matrix32) -> npt.NDArray[np.float32]:
    """Squared distance of each example (n, E), n > 1, from the mean of the others (n,)."""
    n = len(examples)
    others = (examples.sum(axis=0) - examples) / (n - 1)
    return np.asarray(((examples - others) ** 2).sum(axis=1))


def squared_distances(x: Matrix32, y: Matrix32) -> Matrix32:
    """Between every row of x (N, E) and every row of y (M, E): (N, M)."""
    squares = (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1) - 2 * x @ y.T
    return np.asarray(np.maximum(squares, 0.0))


def _margin(space: WhitenedSpace, x: Matrix32, mean: Matrix32, label: int) -> Matrix32:
    rivals = squared_distances(x, space.means[space.known != label]).min(axis=1)
    return np.asarray(rivals - squared_distances(x, mean[None])[:, 0])
