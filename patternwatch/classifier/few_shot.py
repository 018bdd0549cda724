"""A shape model together with a tenant's labelled examples: few-shot classification of windows."""

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.prototypes import (
    NO_CLASS,
    Matrix32,
    Shape,
    WhitenedSpace,
    learned,
    membership,
    nearest_example,
    space_of,
)
from patternwatch.classifier.reference import Reference, load_reference
from patternwatch.classifier.shape_classifier import Prediction
from patternwatch.classifier.shape_model import Embedded, Split
from patternwatch.contracts.findings import Taught
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import WINDOW_ROWS


class Embedder(Protocol):
    """What of a shape model is needed: see `shape_model.ShapeModel`."""

    @property
    def version(self) -> str:
        """Which model this is."""
        ...

    @property
    def sha256(self) -> str:
        """Hash of its graph."""
        ...

    def embed(self, values: npt.NDArray[Any], split: Split) -> Embedded:
        """Probabilities and embedding of windows (N, T)."""
        ...


class EmbeddingSpace:
    """A model with the space in which examples on it are compared; made once for each model."""

    def __init__(self, model: Embedder, reference: Reference | None = None) -> None:
        self.model = model
        self._reference = reference

    @cached_property
    def space(self) -> WhitenedSpace:
        """Made of the reference windows, on the first example: it takes some hundred milliseconds."""
        reference = load_reference() if self._reference is None else self._reference
        _, both = embed_both_ways(self.model, reference.values, reference.split)
        return space_of(both, reference.label)


class FewShotClassifier:
    """The `ShapeClassifier` of one tenant: a model and the tenant's examples, both fixed."""

    def __init__(self, embedding: EmbeddingSpace, examples: Sequence[LabelledExample] = ()) -> None:
        self._embedding_space = embedding
        self._model = embedding.model
        self._examples = _by_name(examples)
        self._shapes = [self._learned(name) for name in self._examples]

    @property
    def version(self) -> str:
        """Which model this is."""
        return self._model.version

    def name(self, values: npt.NDArray[Any], split: int) -> Prediction:
        """Name windows (N, T) whose current part begins at row `split`; NaN is a gap."""
        if not self._shapes or not len(values):
            return Prediction.plain(self._model.embed(values, split).probabilities)
        probabilities, both = embed_both_ways(self._model, values, split)
        space = self._embedding_space.space
        sure = membership(space, self._shapes, both)
        taught: list[Taught | None] = [None] * len(values)
        for k, (name, shape) in enumerate(zip(self._examples, self._shapes, strict=True)):
            rows = np.flatnonzero(sure[:, k])
            for row, nearest in zip(rows, nearest_example(space, shape, both[rows]), strict=True):
                example = self._examples[name][nearest]
                probability = round(float(sure[row, k]), 4)
                taught[row] = Taught(name=name, probability=probability, example_id=example.example_id)
            if shape.label != NO_CLASS:
                _correct(probabilities, rows, shape.label, sure[rows, k])
        return Prediction(probabilities, taught)

    def _learned(self, name: str) -> Shape:
        label = PATTERNS.index(Pattern(name)) if name in tuple(Pattern) else NO_CLASS
        return learned(self._embedding_space.space, self._embedding(self._examples[name]), label)

    def _embedding(self, examples: Sequence[LabelledExample]) -> Matrix32:
        values = np.full((len(examples), WINDOW_ROWS), np.nan)
        for row, example in zip(values, examples, strict=True):
            row[WINDOW_ROWS - len(example.values) :] = example.values
        splits = np.array([WINDOW_ROWS - len(le.values) + le.split for le in examples])
        return embed_both_ways(self._model, values, splits)[1]


def embed_both_ways(model: Embedder, values: npt.NDArray[Any], split: Split) -> tuple[Matrix32, Matrix32]:
    """Probabilities (N, 15), and the embedding of each window beside that of its mirror image (N, 2 E).

    What the network knows of a shape it also says of the mirrored chart: a shape that it never saw is
    often the mirror image, or near to it, of one that it did.
    """
    upright, mirrored = model.embed(values, split), model.embed(-values, split)
    return upright.probabilities, np.concatenate([upright.embedding, mirrored.embedding], axis=1)


def _by_name(examples: Sequence[LabelledExample]) -> dict[str, list[LabelledExample]]:
    shapes = defaultdict(list)
    for example in sorted(examples, key=lambda le: (le.name, le.example_id)):
        shapes[example.name].append(example)
    return dict(shapes)


def _correct(
    probabilities: Matrix32, rows: npt.NDArray[np.intp], label: int, sure: npt.NDArray[np.float64]
) -> None:
    """Move `sure` of these rows' probability to the corrected class."""
    probabilities[rows] *= (1 - sure)[:, None]
    probabilities[rows, label] += sure
