"""How well shapes are named, against labels of which some windows have two that are acceptable."""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from patternwatch.contracts.patterns import PATTERNS, Pattern

Ints: TypeAlias = npt.NDArray[np.integer[Any]]

NONE = -1
"""The second label of a window that has none."""
_NORMAL = PATTERNS.index(Pattern.NORMAL)
_GROUP = np.array([p.type for p in PATTERNS])
_BINS = 10


class ClassScore(BaseModel):
    """One pattern's row of the table; `precision`, `recall` and `f1` with second labels accepted."""

    windows: int
    strict_recall: float
    precision: float
    recall: float
    f1: float


class Scores(BaseModel):
    """The figures of one model on one set.

    strict_acc              the label itself was named
    alt_acc, alt_f1         the second label accepted as well (macro F1 over the patterns present)
    clear_f1                macro F1 over the windows that have one label only
    group_acc               the type of the label was named (still abnormal, recovered, or neither)
    notable_called_normal   part of the windows that are not normal by either label, called normal
    ece, ece_accepted       expected calibration error of the winning probability (ten bins of equal
                            width) against the label, and with the second label accepted
    confusion               confusion[label][named], counts
    """

    windows: int
    strict_acc: float
    alt_acc: float
    alt_f1: float
    clear_f1: float
    group_acc: float
    notable_called_normal: float
    ece: float
    ece_accepted: float
    per_class: dict[str, ClassScore]
    confusion: dict[str, dict[str, int]]


def score(probabilities: npt.NDArray[np.floating[Any]], label: Ints, second: Ints) -> Scores:
    """Scores of probabilities (N, 15) against labels (N,) and second labels (N,), -1 for none."""
    named = probabilities.argmax(axis=1)
    sure = probabilities.max(axis=1)
    strict = named == label
    accepted = strict | (named == second)
    truth = np.where(accepted, named, label)
    clear = second == NONE
    notable = (label != _NORMAL) & (second != _NORMAL)
    return Scores(
        windows=len(label),
        strict_acc=_mean(strict),
        alt_acc=_mean(accepted),
        alt_f1=_macro_f1(named, truth),
        clear_f1=_macro_f1(named[clear], label[clear]),
        group_acc=_mean(_GROUP[named] == _GROUP[label]),
        notable_called_normal=_mean(named[notable] == _NORMAL),
        ece=_calibration_error(sure, strict),
        ece_accepted=_calibration_error(sure, accepted),
        per_class={p.value: _class_score(k, named, label, truth) for k, p in enumerate(PATTERNS)},
        confusion={
            p.value: {
                q.value: int(count)
                for q, count in zip(PATTERNS, _counts(named[label == k]), strict=True)
                if count
            }
            for k, p in enumerate(PATTERNS)
        },
    )


def _mean(hits: npt.NDArray[np.bool_]) -> float:
    return float(hits.mean()) if len(hits) else 0.0


def _counts(numbers: Ints) -> Ints:
    return np.bincount(numbers, minlength=len(PATTERNS))


def _f1(named: Ints, truth: Ints, pattern: int) -> tuple[float, float, float]:
    hits = int(np.sum((named == pattern) & (truth == pattern)))
    precision = hits / max(int(np.sum(named == pattern)), 1)
    recall = hits / max(int(np.sum(truth == pattern)), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def _macro_f1(named: Ints, truth: Ints) -> float:
    present = np.unique(truth)
    return float(np.mean([_f1(named, truth, int(k))[2] for k in present])) if len(present) else 0.0


def _class_score(pattern: int, named: Ints, label: Ints, truth: Ints) -> ClassScore:
    mine = label == pattern
    precision, recall, f1 = _f1(named, truth, pattern)
    return ClassScore(
        windows=int(mine.sum()),
        strict_recall=_mean(named[mine] == pattern),
        precision=precision,
        recall=recall,
        f1=f1,
    )


def _calibration_error(sure: npt.NDArray[np.floating[Any]], right: npt.NDArray[np.bool_]) -> float:
    """Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017), section 2."""
    bins = np.minimum((sure * _BINS).astype(int), _BINS - 1)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        error += float(inside.mean()) * abs(float(right[inside].mean()) - float(sure[inside].mean()))
    return error
