"""Make the shape model: data, training, calibration, export, card.

`python -m patternwatch.training.train --help` says what may be chosen.
"""

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, cast

import numpy as np
import numpy.typing as npt
import structlog
import torch
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from patternwatch.classifier.features import Inputs, features
from patternwatch.classifier.metrics import NONE, Scores, score
from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.training.augment import augmented
from patternwatch.training.calibrate import fit_temperature, probabilities
from patternwatch.training.card import write_card
from patternwatch.training.config import GeneratorConfig, TrainConfig
from patternwatch.training.curves import draw_curves
from patternwatch.training.datasets import Labelled, attribution, held_back, read_labelled
from patternwatch.training.export import export
from patternwatch.training.generator import generate
from patternwatch.training.net import ShapeNet, parameters_of
from patternwatch.training.recorded import recorded_windows
from patternwatch.training.windows import Windows

log = structlog.get_logger()

VALIDATION_SEED = 1_000_003
"""Added to the run's seed: validation windows come from other draws than training windows."""
REAL_VALIDATION_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Data:
    """What one run learns from and is judged by."""

    training: Windows
    real: Windows | None
    validation: Windows
    recorded: int
    sources: list[str]


@dataclass(slots=True)
class Run:
    """The best network so far, and how it came about."""

    net: ShapeNet
    best: dict[str, Tensor] = field(default_factory=dict)
    best_loss: float = float("inf")
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)


def prepare(config: TrainConfig, real: Path | None) -> Data:
    """Generate the windows, and read the labelled real ones that may be learnt from."""
    started = time.monotonic()
    make, seed, jobs = config.generator, config.seed, config.jobs
    recorded = recorded_windows(make.incidents if make.recorded_share > 0 else ())
    training = generate(make.windows, seed, make, recorded, jobs)
    validation = generate(make.validation_windows, seed + VALIDATION_SEED, make, recorded, jobs)
    count = len(recorded)
    log.info("data.generated", windows=len(training), seconds=round(time.monotonic() - started, 1))
    if real is None:
        return Data(training, None, validation, count, [])
    labelled = read_labelled(real)
    usable: Labelled = labelled.take(labelled.shippable)
    back = held_back(usable.group, REAL_VALIDATION_SHARE, np.random.default_rng(seed))
    learnt, judged = usable.take(~back), usable.take(back)
    log.info("data.labelled", learnt=len(learnt.windows), judged=len(judged.windows))
    return Data(
        training,
        learnt.windows,
        Windows.joined([validation, judged.windows]),
        count,
        attribution(usable.source.tolist()),
    )


def targets(windows: Windows, config: TrainConfig) -> npt.NDArray[np.float32]:
    """Soft targets (N, 15): the second label has its share, and a little is spread over all."""
    rows = np.arange(len(windows))
    out = np.zeros((len(windows), len(PATTERNS)), dtype=np.float32)
    two = windows.second != NONE
    out[rows, windows.label] = np.where(two, 1 - config.second_label, 1)
    out[rows[two], windows.second[two]] += config.second_label
    return out * (1 - config.smoothing) + config.smoothing / len(PATTERNS)


def tensors(inputs: Inputs, device: str) -> tuple[Tensor, ...]:
    """The network's inputs, on its device."""
    return tuple(torch.from_numpy(a).to(device) for a in inputs.as_feed().values())


def train(config: TrainConfig, data: Data) -> Run:
    """Train until the validation loss has not fallen for `patience` epochs; the best network is kept.

    What is judged and kept is the running average of the weights: it does better than the last weights
    on charts unlike the generated ones (Izmailov et al., "Averaging Weights Leads to Wider Optima", 2018).
    """
    torch.set_num_threads(config.threads)
    torch.set_flush_denormal(True)
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net = ShapeNet(config.net).to(config.device)
    follow = get_ema_multi_avg_fn(config.average_decay)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(net, multi_avg_fn=follow, use_buffers=True)
    run = Run(cast("ShapeNet", averaged.module))
    steps = len(data.training) // config.batch
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser,
        config.learning_rate,
        total_steps=config.epochs * steps,
        pct_start=0.15,
        final_div_factor=0.2,  # ends at a fifth of the peak: the average needs weights that still move
    )
    loss_of = nn.CrossEntropyLoss()
    with _progress() as progress:
        bar = progress.add_task("training", total=config.epochs * steps, note="")
        for epoch in range(config.epochs):
            net.train()
            total = 0.0
            order = rng.permutation(len(data.training))
            for step in range(steps):
                batch = _batch(rng, data, order[step * config.batch : (step + 1) * config.batch], config)
                wanted = torch.from_numpy(targets(batch, config)).to(config.device)
                logits = net(*tensors(features(batch.values, batch.split), config.device))
                loss = loss_of(logits, wanted)
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
                averaged.update_parameters(net)
                total += loss.item()
                progress.advance(bar)
            _judge(run, epoch, total / steps, data.validation, config)
            progress.update(bar, note=f"validation loss {run.history[-1]['validation_loss']:.3f}")
            if epoch - run.best_epoch >= config.patience:
                break
    run.net.load_state_dict(run.best)
    return run


def _batch(rng: np.random.Generator, data: Data, rows: npt.NDArray[np.intp], config: TrainConfig) -> Windows:
    """Windows of one step, some of them real where there are any, all augmented."""
    if data.real is None:
        return augmented(rng, data.training.take(rows))
    count = round(config.real_share * len(rows))
    real = data.real.take(rng.integers(len(data.real), size=count))
    return augmented(rng, Windows.joined([data.training.take(rows[count:]), real]))


def _judge(run: Run, epoch: int, training_loss: float, validation: Windows, config: TrainConfig) -> None:
    """Measure on the validation windows; remember the network where it is the best so far."""
    logits = predict(run.net, validation, config.device)
    wanted = targets(validation, config)
    loss = float(nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(wanted)))
    found = score(probabilities(logits, 1.0), validation.label, validation.second)
    run.history.append(
        {
            "epoch": epoch,
            "training_loss": training_loss,
            "validation_loss": loss,
            "strict_acc": found.strict_acc,
            "alt_acc": found.alt_acc,
            "alt_f1": found.alt_f1,
        }
    )
    log.info("epoch.done", **{k: round(v, 4) for k, v in run.history[-1].items()})
    if loss < run.best_loss:
        run.best_loss, run.best_epoch = loss, epoch
        run.best = {name: value.detach().clone() for name, value in run.net.state_dict().items()}


def predict(
    net: nn.Module, windows: Windows, device: str = "cpu", batch: int = 1024
) -> npt.NDArray[np.float32]:
    """Logits (N, 15)."""
    net.eval()
    with torch.no_grad():
        parts = [
            net(*tensors(features(windows.values[k : k + batch], windows.split[k : k + batch]), device))
            .cpu()
            .numpy()
            for k in range(0, len(windows), batch)
        ]
    return np.concatenate(parts)


def ship(config: TrainConfig, data: Data, run: Run, folder: Path) -> Scores:
    """Calibrate, export and describe the trained network; returns its scores on the validation windows."""
    net = run.net.cpu().eval()
    logits = predict(net, data.validation)
    temperature = fit_temperature(
        logits, targets(data.validation, config.model_copy(update={"smoothing": 0.0}))
    )
    found = score(probabilities(logits, temperature), data.validation.label, data.validation.second)
    details: dict[str, Any] = {
        "parameters": parameters_of(net),
        "config": config.model_dump(mode="json"),
        "data": {"generated": len(data.training), "recorded": data.recorded, "sources": data.sources},
        "validation": found.model_dump(mode="json"),
    }
    export(net, temperature, folder, features(data.validation.values, data.validation.split), details)
    write_card(folder)
    return found


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )


def main(
    out: Annotated[Path, typer.Option(help="Folder that the model is written to.")] = SHIPPED,
    runs: Annotated[Path, typer.Option(help="Folder for the run's log, curves and checkpoint.")] = Path(
        ".work/training"
    ),
    real: Annotated[
        Path | None, typer.Option(help="Labelled real windows (npz) to learn from as well.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the data and of the network.")] = TrainConfig().seed,
    windows: Annotated[int, typer.Option(help="Generated windows.")] = GeneratorConfig().windows,
    epochs: Annotated[int, typer.Option(help="Epochs at most.")] = TrainConfig().epochs,
    threads: Annotated[int, typer.Option(help="CPU threads.")] = TrainConfig().threads,
    cuda: Annotated[bool, typer.Option(help="Train on the GPU.")] = False,
) -> None:
    """Train the shape model and write it with its metadata and card."""
    config = TrainConfig(
        seed=seed,
        epochs=epochs,
        threads=threads,
        device="cuda" if cuda else "cpu",
        generator=GeneratorConfig(windows=windows),
    )
    started = time.monotonic()
    data = prepare(config, real)
    run = train(config, data)
    found = ship(config, data, run, out)
    runs.mkdir(parents=True, exist_ok=True)
    torch.save(
        {"config": config.model_dump(mode="json"), "state": run.net.state_dict()}, runs / "checkpoint.pt"
    )
    seconds = round(time.monotonic() - started, 1)
    record = {"config": config.model_dump(mode="json"), "history": run.history, "seconds": seconds}
    (runs / "log.json").write_text(json.dumps(record, indent=2) + "\n")
    draw_curves(run.history, runs / "curves.png")
    log.info(
        "training.done", seconds=seconds, alt_f1=round(found.alt_f1, 4), strict_acc=round(found.strict_acc, 4)
    )


if __name__ == "__main__":
    typer.run(main)
