import numpy as np
import pytest

from patternwatch.classifier import comparison
from patternwatch.classifier.comparison import compare
from patternwatch.contracts.patterns import PATTERNS

N, GROUPS = 300, 60
RNG = np.random.default_rng(1)
LABEL = RNG.integers(len(PATTERNS), size=N)
SECOND = np.full(N, -1)
GROUP = np.repeat(np.arange(GROUPS), N // GROUPS).astype(str)


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is asserted here needs no fine quantiles, and every draw costs milliseconds."""
    monkeypatch.setattr(comparison, "DRAWS", 200)


def model(right: float, seed: int) -> np.ndarray:
    """Probabilities of a model that is right in this part of the windows."""
    rng = np.random.default_rng(seed)
    named = np.where(rng.random(N) < right, LABEL, (LABEL + 1) % len(PATTERNS))
    out = np.full((N, len(PATTERNS)), 0.2 / 14)
    out[np.arange(N), named] = 0.8
    return out


@pytest.mark.parametrize(
    ("a", "b", "verdict"),
    [(0.7, 0.9, "promote"), (0.9, 0.7, "keep"), (0.8, 0.795, "undecided")],
)
def test_a_clear_difference_decides_and_a_small_one_does_not(a: float, b: float, verdict: str) -> None:
    found = compare(model(a, 1), model(b, 2), LABEL, SECOND, GROUP)
    assert (found.verdict, found.windows, found.groups) == (verdict, N, GROUPS)
    accuracy = next(d for d in found.differences if d.name == "alt_acc")
    assert accuracy.low <= accuracy.b - accuracy.a <= accuracy.high


def test_the_same_model_twice_differs_in_nothing() -> None:
    same = model(0.8, 1)
    found = compare(same, same, LABEL, SECOND, GROUP)
    assert {(d.low, d.high) for d in found.differences} == {(0, 0)}


def test_windows_of_one_group_count_as_one_draw() -> None:
    a, b = model(0.7, 1), model(0.8, 2)
    many = compare(a, b, LABEL, SECOND, np.arange(N).astype(str)).differences[1]
    order = np.argsort(a.argmax(1) == LABEL)  # groups that are right or wrong together
    alike = np.empty(N, dtype=object)
    alike[order] = np.repeat(np.arange(10), N // 10).astype(str)
    few = compare(a, b, LABEL, SECOND, alike.astype(str)).differences[1]
    assert few.high - few.low > many.high - many.low
