"""Make the shape model: data, training, calibration, export, card.

`python -m patternwatch.training.train --help` says what may be chosen.
"""

import json
import time
from collections.abc import Sequence
from itertools import repeat
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import structlog
import torch
import typer

from patternwatch.classifier.features import Inputs, features
from patternwatch.classifier.metrics import Scores, score
from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.training.calibration import fit_temperature, probabilities
from patternwatch.training.card import write_card
from patternwatch.training.config import GeneratorConfig, TrainConfig
from patternwatch.training.data import Data, prepare, soft_targets
from patternwatch.training.export import export
from patternwatch.training.learning_curves import draw_curves
from patternwatch.training.loop import Run, predict, train
from patternwatch.training.net import Ensemble, parameters_of
from patternwatch.training.process_pool import pool
from patternwatch.training.windows import Windows

log = structlog.get_logger()

CALIBRATION_WINDOWS = 500
"""Generated windows, besides those labelled, from which the ranges of 8 bits are taken."""


def train_all(config: TrainConfig, data: Data) -> list[Run]:
    """Train every network of the run, each in a process of its own where there are `jobs` for it."""
    numbers = range(config.networks)
    if config.jobs == 1 or config.device != "cpu":
        return [train(config, data, number) for number in numbers]
    with pool(config.jobs) as workers:
        return list(workers.map(train, repeat(config), repeat(data), numbers))


def ship(config: TrainConfig, data: Data, runs: Sequence[Run], folder: Path) -> Scores:
    """Calibrate, export and describe the networks as one; returns its scores on the judged windows."""
    net = Ensemble([run.net.cpu().eval() for run in runs], config.normal_offset).eval()
    # The probability of a name is to be how often that very label is right: no share for second labels.
    exact = config.model_copy(update={"smoothing": 0.0, "second_label": 0.0})
    logits = predict(net, data.judged)
    temperature = fit_temperature(logits, soft_targets(data.judged, exact))
    judged = score(probabilities(logits, temperature), data.judged.label, data.judged.second)
    logits = predict(net, data.validation)
    generated = score(probabilities(logits, temperature), data.validation.label, data.validation.second)
    details: dict[str, Any] = {
        "parameters": parameters_of(net),
        "config": config.model_dump(mode="json"),
        "data": {"generated": len(data.training), "recorded": data.recorded, "sources": data.sources},
        "judged": judged.model_dump(mode="json"),
        "generated": generated.model_dump(mode="json"),
    }
    proof = Windows.joined([data.validation, data.judged])
    ranges = Windows.joined(
        [data.training.take(np.arange(min(CALIBRATION_WINDOWS, len(data.training)))), data.labelled]
    )
    export(net, temperature, folder, _inputs(proof), _inputs(ranges), details)
    write_card(folder)
    return judged


def _inputs(windows: Windows) -> Inputs:
    return features(windows.values, windows.split)


def main(
    out: Annotated[Path, typer.Option(help="Folder that the model is written to.")] = SHIPPED,
    runs: Annotated[Path, typer.Option(help="Folder for the run's log, curves and checkpoint.")] = Path(
        ".work/training"
    ),
    real: Annotated[
        Path | None, typer.Option(help="Labelled real windows (npz) to learn from as well.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the data and of the networks.")] = TrainConfig().seed,
    windows: Annotated[int, typer.Option(help="Generated windows.")] = GeneratorConfig().windows,
    epochs: Annotated[int, typer.Option(help="Epochs at most.")] = TrainConfig().epochs,
    jobs: Annotated[int, typer.Option(help="Processes.")] = TrainConfig().jobs,
    cuda: Annotated[bool, typer.Option(help="Train on the GPU.")] = False,
) -> None:
    """Train the shape model and write it with its metadata and card."""
    config = TrainConfig(
        seed=seed,
        epochs=epochs,
        jobs=jobs,
        device="cuda" if cuda else "cpu",
        generator=GeneratorConfig(windows=windows),
    )
    started = time.monotonic()
    data = prepare(config, real)
    trained = train_all(config, data)
    found = ship(config, data, trained, out)
    seconds = round(time.monotonic() - started, 1)
    _keep(config, trained, runs, seconds)
    log.info(
        "training.done",
        seconds=seconds,
        strict_acc=round(found.strict_acc, 4),
        alt_acc=round(found.alt_acc, 4),
        alt_f1=round(found.alt_f1, 4),
        ece=round(found.ece, 4),
    )


def _keep(config: TrainConfig, trained: Sequence[Run], folder: Path, seconds: float) -> None:
    """Write the checkpoint, the log and the curves of a run."""
    folder.mkdir(parents=True, exist_ok=True)
    typed = config.model_dump(mode="json")
    torch.save(
        {"config": typed, "states": [run.net.state_dict() for run in trained]}, folder / "checkpoint.pt"
    )
    record = {"config": typed, "histories": [run.history for run in trained], "seconds": seconds}
    (folder / "log.json").write_text(json.dumps(record, indent=2) + "\n")
    draw_curves([run.history for run in trained], folder / "curves.png")


if __name__ == "__main__":
    typer.run(main)
