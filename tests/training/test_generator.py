import numpy as np
import pytest

from patternwatch.classifier.features import features
from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.training.augmentation import MIRRORED, augment, mixup
from patternwatch.training.backgrounds import KINDS, recorded_background
from patternwatch.training.config import GeneratorConfig
from patternwatch.training.events import EVENTS
from patternwatch.training.generator import generate
from patternwatch.training.lasting_events import SUDDEN_ROWS
from patternwatch.training.overlay import MIN_SPLIT
from patternwatch.training.waveforms import SPIKE_ROWS
from patternwatch.training.windows import Windows

CONFIG = GeneratorConfig()


@pytest.fixture(scope="module")
def windows() -> Windows:
    return generate(1500, 3, CONFIG)


def test_a_seed_gives_the_same_windows_bit_by_bit_however_they_are_made(windows: Windows) -> None:
    again = generate(1500, 3, CONFIG, jobs=2)
    for name in ("values", "split", "label", "second"):
        np.testing.assert_array_equal(getattr(windows, name), getattr(again, name))
    other = generate(20, 4, CONFIG)
    assert not np.array_equal(windows.values[:20], other.values, equal_nan=True)


def test_every_pattern_occurs_with_splits_where_serving_puts_them(windows: Windows) -> None:
    assert set(windows.label) == set(range(len(PATTERNS)))
    assert windows.split.min() >= MIN_SPLIT
    assert windows.split.max() <= 299
    assert np.mean(windows.split == 240) > 0.4
    assert np.isfinite(windows.values).any(axis=1).all()
    assert not np.isinf(windows.values).any()


def test_a_second_label_is_another_one(windows: Windows) -> None:
    two = windows.second != NONE
    assert 0.1 < two.mean() < 0.4
    assert (windows.label[two] != windows.second[two]).all()


@pytest.mark.parametrize("kind", list(KINDS))
def test_backgrounds_are_300_finite_values(kind: str) -> None:
    make, _ = KINDS[kind]
    for seed in range(20):
        background = make(np.random.default_rng(seed))
        assert background.values.shape == (300,)
        assert np.isfinite(background.values).all()
        if background.floor is not None:
            assert background.values.min() >= background.floor - 1e-9


def widths(height: np.ndarray) -> list[int]:
    """Widths at half height of the excursions."""
    above = np.concatenate([[False], height > 0.5 * height.max(), [False]])
    edges = np.flatnonzero(np.diff(above.astype(int)))
    return [int(b - a) for a, b in zip(edges[::2], edges[1::2], strict=True)]


@pytest.mark.parametrize("split", [190, 240, 270])
@pytest.mark.parametrize("seed", range(30))
def test_events_keep_to_their_definitions(split: int, seed: int) -> None:
    made = {p: make(np.random.default_rng(seed), split) for p, (make, _) in EVENTS.items()}
    sudden = made[Pattern.SUDDEN_INCREASE].height
    assert sudden[-1] > 0.5
    assert np.all(sudden[: 300 - SUDDEN_ROWS] == 0)
    level = made[Pattern.LEVEL_SHIFT_UP].height
    assert level[-1] > 0.5
    assert np.count_nonzero(level) >= 8
    steady = made[Pattern.STEADY_INCREASE].height
    assert np.all(np.diff(steady) >= -1e-9)
    assert np.count_nonzero(np.diff(steady) > 0) >= 2
    assert np.count_nonzero(steady) >= 10
    spike = made[Pattern.SINGLE_SPIKE].height
    assert spike[-1] < 0.3
    assert len(widths(spike)) == 1
    assert widths(spike)[0] <= SPIKE_ROWS + 1
    block = made[Pattern.TRANSIENT_LEVEL_SHIFT_UP].height
    assert block[-1] <= 0.2
    assert max(widths(block)) >= SPIKE_ROWS
    many = made[Pattern.MULTIPLE_SPIKES].height
    assert many[-1] <= 0.2
    assert np.count_nonzero(np.diff((many > 0.3).astype(int)) > 0) >= 2


def test_mirroring_swaps_the_label(windows: Windows) -> None:
    assert MIRRORED[NONE] == NONE
    plain = Windows(
        windows.values[:400].copy(), windows.split[:400], windows.label[:400], windows.second[:400]
    )
    changed = augment(np.random.default_rng(0), plain)
    turned = np.sign(np.nansum(changed.values * plain.values, axis=1)) < 0
    named = np.isin(plain.label, np.flatnonzero(MIRRORED[:-1] != np.arange(len(PATTERNS))))
    np.testing.assert_array_equal(changed.label[turned], MIRRORED[plain.label[turned]])
    assert 0.3 < np.mean(changed.label[named] != plain.label[named]) < 0.7
    assert (changed.split <= plain.split).all()


def test_recorded_series_serve_as_backgrounds() -> None:
    row = np.repeat(np.random.default_rng(1).integers(0, 9, 60), 5).astype(float)
    background = recorded_background(row)
    np.testing.assert_allclose(background.values, row)
    assert background.floor == 0
    assert background.hold > 1
    rows = np.random.default_rng(2).standard_normal((5, 300)).astype(np.float32)
    config = CONFIG.model_copy(update={"recorded_share": 1.0})
    assert not np.array_equal(
        generate(5, 1, config, rows).values, generate(5, 1, config).values, equal_nan=True
    )


def test_a_mixed_row_keeps_the_same_half_or_more_of_its_inputs_and_its_target() -> None:
    windows = generate(64, 3, GeneratorConfig())
    inputs = features(windows.values, windows.split)
    found, shares = mixup(np.random.default_rng(0), inputs, np.eye(64, dtype=np.float32), 0.4)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert shares.diagonal().min() >= 0.5
    assert (shares.diagonal() < 1).any()
    for name, array in inputs.as_feed().items():
        expected = np.tensordot(shares, array, 1)
        np.testing.assert_allclose(found.as_feed()[name], expected, rtol=1e-4, atol=1e-4)
