"""Temperature scaling: one number that makes the probabilities mean what they say.

Guo et al., "On Calibration of Modern Neural Networks" (ICML 2017).
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax


def fit_temperature(logits: npt.NDArray[np.floating[Any]], target: npt.NDArray[np.floating[Any]]) -> float:
    """The temperature that minimises the cross entropy of logits (N, 15) with targets (N, 15)."""

    def loss(log_temperature: float) -> float:
        return -float((target * log_softmax(logits / np.exp(log_temperature), axis=1)).sum(axis=1).mean())

    found = minimize_scalar(loss, bounds=(np.log(0.3), np.log(5.0)), method="bounded")
    return float(np.exp(found.x))


def probabilities(logits: npt.NDArray[np.floating[Any]], temperature: float) -> npt.NDArray[np.float64]:
    """Softmax of logits (N, 15) at this temperature."""
    return np.asarray(np.exp(log_softmax(logits / temperature, axis=1)))
