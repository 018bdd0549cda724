"""What a run learns from and is judged by."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import structlog

from patternwatch.classifier.metrics import NONE
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.training.config import TrainConfig
from patternwatch.training.datasets import OWN_FILE, Labelled, attribution, group_holdout, read_labelled
from patternwatch.training.generator import generate
from patternwatch.training.recorded import recorded_windows
from patternwatch.training.windows import Windows

log = structlog.get_logger()

VALIDATION_SEED = 1_000_003
"""Added to the run's seed: validation windows come from other draws than training windows."""


@dataclass(frozen=True, slots=True)
class Data:
    """What one run learns from and is judged by.

    training, validation  generated windows
    labelled              windows labelled by eye, our own and the given ones
    judged                windows labelled by eye that are kept back, in whole groups
    recorded              number of recorded backgrounds under the generated windows
    sources               where the labelled windows come from, a line each
    """

    training: Windows
    validation: Windows
    labelled: Windows
    judged: Windows
    recorded: int
    sources: list[str]


def prepare(config: TrainConfig, real: Path | None) -> Data:
    """Generate windows, and read those labelled by eye: our own, and of a file those that may be shipped."""
    started = time.monotonic()
    make, seed, jobs = config.generator, config.seed, config.jobs
    recorded = recorded_windows(make.incidents if make.recorded_share > 0 else ())
    training = generate(make.windows, seed, make, recorded, jobs)
    validation = generate(make.validation_windows, seed + VALIDATION_SEED, make, recorded, jobs)
    log.info("data.generated", windows=len(training), seconds=round(time.monotonic() - started, 1))
    files = [read_labelled(path) for path in (OWN_FILE, real) if path is not None]
    free = [each.take(each.shippable) for each in files]
    back = [group_holdout(each.group, config.judged_share, np.random.default_rng(seed)) for each in free]
    learnt = [each.take(~kept) for each, kept in zip(free, back, strict=True)]
    judged = Labelled.joined([each.take(kept) for each, kept in zip(free, back, strict=True)])
    labelled = Labelled.joined(learnt)
    log.info("data.labelled", learnt=len(labelled), judged=len(judged))
    return Data(
        training,
        validation,
        labelled.windows,
        judged.windows,
        len(recorded),
        attribution([*labelled.source.tolist(), *judged.source.tolist()]),
    )


def soft_targets(windows: Windows, config: TrainConfig) -> npt.NDArray[np.float32]:
    """Soft targets (N, 15): the second label has its share, and a little is spread over all."""
    rows = np.arange(len(windows))
    out = np.zeros((len(windows), len(PATTERNS)), dtype=np.float32)
    two = windows.second != NONE
    out[rows, windows.label] = np.where(two, 1 - config.second_label, 1)
    out[rows[two], windows.second[two]] += config.second_label
    return out * (1 - config.smoothing) + config.smoothing / len(PATTERNS)
