"""Two models side by side on the same labelled windows, before one takes the other's place."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.metrics import Scores, score

FIGURES = ("strict_acc", "alt_acc", "alt_f1", "clear_f1", "notable_called_normal", "ece")
LESS_IS_BETTER = ("notable_called_normal", "ece")
DRAWS = 1000
WORSE = 0.02
"""A model that may be worse by more than this, in any figure, is not recommended."""

Verdict: TypeAlias = Literal["promote", "keep", "undecided"]
Probabilities: TypeAlias = npt.NDArray[np.floating[Any]]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both models; 95 % of the differences b - a over drawn groups lie from `low` to `high`."""

    name: str
    a: float
    b: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """How model b differs from model a."""

    windows: int
    groups: int
    differences: tuple[Difference, ...]
    verdict: Verdict
    reason: str


def compare(
    a: Probabilities, b: Probabilities, label: Ints, second: Ints, group: npt.NDArray[Any], seed: int = 0
) -> Comparison:
    """Compare probabilities (N, 15) of two models by a paired bootstrap over whole groups (N,).

    Windows of one group resemble each other, so it is groups that are drawn, the same for both models.
    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 8.
    """
    names, member = np.unique(group, return_inverse=True)
    rows_of = [np.flatnonzero(member == k) for k in range(len(names))]
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([rows_of[k] for k in rng.integers(len(names), size=len(names))])
        one, two = score(a[rows], label[rows], second[rows]), score(b[rows], label[rows], second[rows])
        drawn.append([_figure(two, name) - _figure(one, name) for name in FIGURES])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    one, two = score(a, label, second), score(b, label, second)
    differences = tuple(
        Difference(name, _figure(one, name), _figure(two, name), float(low[k]), float(high[k]))
        for k, name in enumerate(FIGURES)
    )
    return Comparison(len(label), len(names), differences, *_judged(differences))


def _figure(scores: Scores, name: str) -> float:
    return float(getattr(scores, name))


def _judged(differences: tuple[Difference, ...]) -> tuple[Verdict, str]:
    """The second takes over where it is better or as good in accuracy, and surely worse in nothing."""
    gain = {d.name: _as_gain(d) for d in differences}
    worse = [name for name, (_, _, high) in gain.items() if high < 0]
    if worse:
        return "keep", f"the second is worse in {', '.join(worse)}"
    risky = [name for name in ("alt_acc", "notable_called_normal") if gain[name][1] < -WORSE]
    low = gain["alt_acc"][1]
    if low > 0 and not risky:
        return "promote", "the second is better in alt_acc, and worse in nothing"
    if gain["alt_acc"][0] >= 0 and not risky:
        return "promote", f"the second is as good: at most {WORSE:.0%} worse where it matters"
    return "undecided", "these windows do not tell them apart: label more"


def _as_gain(d: Difference) -> tuple[float, float, float]:
    """Difference, low and high, such that more is better."""
    if d.name in LESS_IS_BETTER:
        return d.a - d.b, -d.high, -d.low
    return d.b - d.a, d.low, d.high
