"""What names shapes elsewhere, for `benchmarks.shapes`: each learns in the same run, on the same charts.

- PatternMatcher's network (Wu et al., ISSRE 2021): a convolutional net on the last 60 points between their
  minimum and maximum, taught by clean synthetic segments with noise.
- Nearest centroid and MiniRocket on windows like those that the shipped model learnt from: generated ones
  and those labelled by eye, in the baseline's own scale.
"""

import subprocess
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from benchmarks.output import progress
from patternwatch.classifier.features import CHANNELS, features
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.series import BASELINE_ROWS, CURRENT_ROWS, WINDOW_ROWS
from patternwatch.training.config import GeneratorConfig
from patternwatch.training.datasets import OWN_FILE, read_labelled
from patternwatch.training.events import EVENTS
from patternwatch.training.generator import generate
from patternwatch.training.windows import Windows

Floats: TypeAlias = npt.NDArray[np.float32]
Ints: TypeAlias = npt.NDArray[np.integer[Any]]

PEERS_PYTHON = Path(__file__).resolve().parent.parent / ".peers" / "bin" / "python"
SEED = 5
SEGMENTS = 12_000
EPOCHS = 6
SMALL = 128
"""Segments of one step of the paper's network."""
WINDOWS = 4_000


def one_hot(named: Ints) -> npt.NDArray[np.float64]:
    """Names (N,) as probabilities (N, 15)."""
    return np.eye(len(PATTERNS))[named]


def training_windows() -> Windows:
    """A sample of what the shipped model learns from."""
    own = read_labelled(OWN_FILE).windows
    return Windows.joined([generate(WINDOWS, SEED, GeneratorConfig(recorded_share=0.0)), own])


def nearest_centroid(taught: Windows, asked: Windows) -> npt.NDArray[np.float64]:
    """Name each window as the class whose mean (in the baseline's scale, asinh) is nearest."""
    known, new = (_in_baseline_scale(w).reshape(len(w), -1) for w in (taught, asked))
    centroids = np.stack([known[taught.label == k].mean(axis=0) for k in range(len(PATTERNS))])
    distance = ((new[:, None] - centroids) ** 2).sum(axis=2)
    return one_hot(distance.argmin(axis=1))


def minirocket(taught: Windows, asked: Windows) -> npt.NDArray[np.float64]:
    """MiniRocket's names on the same windows; see `minirocket_names`."""
    return one_hot(minirocket_names(_in_baseline_scale(taught), taught.label, _in_baseline_scale(asked)))


def minirocket_names(train: Floats, label: Ints, test: Floats) -> Ints:
    """Labels for `test` (m, channels, points), learnt in the peers' own environment."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "windows.npz"
        np.savez(file, train=train, label=label, test=test)
        script = Path(__file__).with_name("minirocket.py")
        subprocess.run([PEERS_PYTHON, script, file], check=True, stdout=subprocess.DEVNULL)
        with np.load(file) as found:
            named: Ints = found["named"]
    return named


def _in_baseline_scale(windows: Windows) -> Floats:
    shown = features(windows.values, windows.split).series
    return shown[:, [CHANNELS.index("robust_z"), CHANNELS.index("split")]]


def papers_network(asked: Windows) -> npt.NDArray[np.float64]:
    """Names by the network of the paper, taught here by synthetic segments."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    segments, label = _segments(np.random.default_rng(SEED))
    net = _papers_net()
    optimiser = torch.optim.Adam(net.parameters(), lr=1e-3)
    inputs, wanted = torch.from_numpy(_min_max(segments)), torch.from_numpy(label)
    loss_of = nn.CrossEntropyLoss()
    for epoch in range(EPOCHS):
        total = 0.0
        order = torch.randperm(len(inputs))
        for start in range(0, len(order), SMALL):
            rows = order[start : start + SMALL]
            loss = loss_of(net(inputs[rows]), wanted[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item() * len(rows)
        progress(f"the paper's network: epoch {epoch + 1}, loss {total / len(inputs):.3f}")
    with torch.no_grad():
        return nn.functional.softmax(net(torch.from_numpy(_min_max(_last_rows(asked)))), dim=1).numpy()


def _papers_net() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(1, 32, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Conv1d(32, 64, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool1d(2),
        nn.Flatten(),
        nn.Linear(64 * (CURRENT_ROWS // 4), 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, len(PATTERNS)),
    )


def _segments(rng: np.random.Generator) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Clean shapes over white noise of at most a tenth of their height, 60 points each."""
    names = [p for p in EVENTS if p is not Pattern.OTHER] + [Pattern.NORMAL]
    rows, label = [], []
    for _ in range(SEGMENTS):
        pattern: Pattern = names[int(rng.integers(len(names)))]
        height = np.zeros(WINDOW_ROWS)
        if pattern is not Pattern.NORMAL:
            event = EVENTS[pattern][0](rng, BASELINE_ROWS)
            pattern, height = event.pattern, event.height
        if rng.random() < 0.5:
            pattern, height = pattern.mirrored, -height
        noise = rng.uniform(0.01, 0.1) * rng.standard_normal(CURRENT_ROWS)
        rows.append(height[-CURRENT_ROWS:] + noise)
        label.append(PATTERNS.index(pattern))
    return np.array(rows, dtype=np.float32), np.array(label)


def _last_rows(windows: Windows) -> Floats:
    last = windows.values[:, -CURRENT_ROWS:]
    middle = np.nan_to_num(np.nanmedian(np.where(np.isfinite(last), last, np.nan), axis=1, keepdims=True))
    return np.asarray(np.where(np.isfinite(last), last, middle), dtype=np.float32)


def _min_max(segments: Floats) -> Floats:
    low, high = segments.min(axis=1, keepdims=True), segments.max(axis=1, keepdims=True)
    return np.asarray(((segments - low) / np.maximum(high - low, 1e-12))[:, None], dtype=np.float32)
