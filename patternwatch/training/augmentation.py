"""Changes to windows that leave their names, or change them in a known way."""

import numpy as np
import numpy.typing as npt

from patternwatch.classifier.features import Inputs
from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.training.signals import Rng
from patternwatch.training.windows import Windows

MIRRORED = np.array([PATTERNS.index(p.mirrored) for p in PATTERNS] + [NONE])
"""Number of the mirrored pattern; the last entry serves -1, no label."""


def augment(rng: Rng, windows: Windows) -> Windows:
    """Turn over half of the windows, begin some current parts earlier, cut some baselines, add some noise."""
    n, rows = len(windows), windows.values.shape[1]
    values, split = windows.values.copy(), windows.split.copy()
    over = rng.random(n) < 0.5
    values[over] *= -1
    label = np.where(over, MIRRORED[windows.label], windows.label)
    second = np.where(over, MIRRORED[windows.second], windows.second)
    earlier = rng.random(n) < 0.3
    split[earlier] -= rng.integers(1, 7, int(earlier.sum()))
    young = np.flatnonzero(rng.random(n) < 0.05)
    values[young] = np.where(
        np.arange(rows) < rng.integers(1, 120, len(young))[:, None], np.nan, values[young]
    )
    noisy = np.flatnonzero(rng.random(n) < 0.15)
    usual = np.median(np.abs(np.nan_to_num(np.diff(values[noisy], axis=1))), axis=1, keepdims=True)
    noise = rng.standard_normal((len(noisy), rows)) * usual * rng.uniform(0, 0.3, (len(noisy), 1))
    values[noisy] += noise.astype(np.float32)
    return Windows(values, np.maximum(split, 1), label, second)


def mixup(
    rng: Rng, inputs: Inputs, wanted: npt.NDArray[np.float32], alpha: float
) -> tuple[Inputs, npt.NDArray[np.float32]]:
    """Each row of inputs and targets (N, 15) mixed with that of another, of which it keeps at least half.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization" (ICLR 2018).
    """
    n = len(inputs)
    share = rng.beta(alpha, alpha, n)
    share = np.maximum(share, 1 - share).astype(np.float32)
    other = rng.permutation(n)

    def mix(array: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        kept = share.reshape(-1, *[1] * (array.ndim - 1))
        return np.asarray(kept * array + (1 - kept) * array[other], dtype=np.float32)

    return Inputs(*map(mix, inputs.as_feed().values())), mix(wanted)
