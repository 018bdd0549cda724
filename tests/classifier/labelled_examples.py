"""A few windows of three classes, and examples, for tests of teaching."""

import numpy as np

from patternwatch.classifier.reference import Reference
from patternwatch.contracts.labelled_examples import LabelledExample, make_labelled_example
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import WINDOW_ROWS

ROWS = np.arange(WINDOW_ROWS)


def bump(seed: int, at: int = 262, width: int = 14, height: float = 12.0) -> np.ndarray:
    """Noise with one excursion of two humps: "our nightly batch"."""
    rng = np.random.default_rng(seed)
    at = at + int(rng.integers(-3, 4))
    humps = np.abs(np.sin((ROWS - at) / width * 2 * np.pi)) * ((at <= ROWS) & (at + width > ROWS))
    return (rng.standard_normal(WINDOW_ROWS) + height * rng.uniform(0.8, 1.2) * humps).astype(np.float32)


def shift(seed: int, height: float = 12.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal(WINDOW_ROWS) + height * (ROWS >= 262)).astype(np.float32)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(WINDOW_ROWS).astype(np.float32)


def example(values: np.ndarray, name: str = "our nightly batch", tenant: str = "a") -> LabelledExample:
    return make_labelled_example(tenant, name, values, 240, labelled_at_ms=1)


_CLASSES = {Pattern.NORMAL: noise, Pattern.LEVEL_SHIFT_UP: shift}
SMALL_REFERENCE = Reference(
    np.stack([make(seed) for make in _CLASSES.values() for seed in range(20)]),
    np.full(40, 240, dtype=np.int64),
    np.array([PATTERNS.index(p) for p in _CLASSES for _ in range(20)]),
)
