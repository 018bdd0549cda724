"""How well one correction of a misnamed window is learnt, for `benchmarks.teach`."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.few_shot import embed_both_ways
from patternwatch.classifier.metrics import NONE
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.prototypes import learned, membership, space_of
from patternwatch.classifier.reference import load_reference
from patternwatch.training.windows import Windows


@dataclass(frozen=True, slots=True)
class Asked:
    """Labelled windows that are asked, with the group of each (N,)."""

    windows: Windows
    group: npt.NDArray[np.str_]


def corrections(asked: Asked, max_windows: int = 200) -> dict[str, float]:
    """One correction each of the windows that the shipped model misnames.

    corrected_again      the same window, disturbed a little, is recognised
    corrections_changed  part of the other windows that one correction changes
    """
    model, reference = ShapeModel.load(), load_reference()
    space = space_of(embed_both_ways(model, reference.values, reference.split)[1], reference.label)
    windows = asked.windows
    probabilities, both = embed_both_ways(model, windows.values, windows.split)
    wrong = probabilities.argmax(axis=1) != windows.label
    rows = np.flatnonzero(wrong & (windows.second == NONE))[:max_windows]
    values = windows.values[rows]
    usual = np.nanmedian(np.abs(np.diff(values, axis=1)), axis=1, keepdims=True)
    noise = np.random.default_rng(1).standard_normal(values.shape).astype(np.float32)
    disturbed = embed_both_ways(model, values + 0.1 * usual * noise, windows.split[rows])[1]
    again, changed = [], []
    for number, row in enumerate(rows):
        shape = learned(space, both[row : row + 1], int(windows.label[row]))
        again.append(membership(space, [shape], disturbed[number : number + 1])[0, 0] > 0)
        elsewhere = asked.group != asked.group[row]
        changed.append((membership(space, [shape], both[elsewhere])[:, 0] > 0).mean())
    return {"corrected_again": float(np.mean(again)), "corrections_changed": float(np.mean(changed))}
