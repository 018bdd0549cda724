"""How one network is trained: many epochs, mostly on generated windows, then fine-tuned."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import structlog
import torch
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor, nn

from patternwatch.classifier.features import Inputs, features
from patternwatch.classifier.metrics import score
from patternwatch.training.augmentation import augment, mixup
from patternwatch.training.calibration import probabilities
from patternwatch.training.config import TrainConfig
from patternwatch.training.data import Data, soft_targets
from patternwatch.training.net import ShapeNet
from patternwatch.training.optimizer import AveragingOptimizer, tensors
from patternwatch.training.windows import Windows

log = structlog.get_logger()

FINE_TUNING_SEED = 2_000_003
"""Added to the seed for the fine-tuning steps: they do not depend on how many steps went before."""
STEPS_PER_FEATURE_BATCH = 32
"""Steps whose features are computed together."""


@dataclass(slots=True)
class Run:
    """A network as good as it has become, and how it came about."""

    net: ShapeNet
    best: dict[str, Tensor] = field(default_factory=dict)
    best_loss: float = float("inf")
    best_epoch: int = -1
    history: list[dict[str, float]] = field(default_factory=list)


def train(config: TrainConfig, data: Data, number: int = 0) -> Run:
    """Train network `number` of a run.

    First until the loss of the validation windows has not fallen for `patience` epochs; then, from the best
    of them, the fine-tuning steps. What is validated and kept is the running average of the weights: it does
    better than the last weights on charts unlike the generated ones (Izmailov et al., "Averaging Weights
    Leads to Wider Optima", 2018).
    """
    torch.set_num_threads(1)  # more are no faster for so small a net
    torch.set_flush_denormal(True)
    torch.manual_seed(config.seed + number)
    rng = np.random.default_rng(config.seed + number)
    run = Run(ShapeNet(config.net).to(config.device))
    steps = len(data.training) // config.batch
    with _progress() as progress:
        total = config.epochs * steps + config.fine_tuning.steps
        bar = progress.add_task(f"network {number + 1}", total=total, note="", visible=number == 0)
        optimizer = AveragingOptimizer(
            run.net, config, config.epochs * steps, config.learning_rate, config.average_decay
        )
        for epoch in range(config.epochs):
            batches = _batches(rng, data, config.labelled_share, config)
            losses = []
            for batch in batches:
                losses.append(optimizer.step(*batch))
                progress.advance(bar)
            run.net = optimizer.averaged
            _judge(run, epoch, float(np.mean(losses)), data, config)
            progress.update(bar, note=f"loss of the judged {run.history[-1]['judged_loss']:.3f}")
            if epoch - run.best_epoch >= config.patience:
                break
        run.net.load_state_dict(run.best)
        fine_tune(run, config, data, number, lambda: progress.advance(bar))
    return run


def fine_tune(run: Run, config: TrainConfig, data: Data, number: int, stepped: Callable[[], None]) -> None:
    """The fine-tuning steps of network `number`, from what it has become; `stepped` is called after each."""
    torch.manual_seed(FINE_TUNING_SEED + config.seed + number)
    rng = np.random.default_rng(FINE_TUNING_SEED + config.seed + number)
    fine_tuning = config.fine_tuning
    net = ShapeNet(config.net.model_copy(update={"dropout": fine_tuning.dropout})).to(config.device)
    net.load_state_dict(run.net.state_dict())
    optimizer = AveragingOptimizer(
        net, config, fine_tuning.steps, fine_tuning.learning_rate, fine_tuning.average_decay
    )
    losses: list[float] = []
    while len(losses) < fine_tuning.steps:
        for batch in _batches(rng, data, fine_tuning.labelled_share, config):
            losses.append(optimizer.step(*batch))
            stepped()
            if len(losses) == fine_tuning.steps:
                break
    run.net = optimizer.averaged
    _judge(run, len(run.history), float(np.mean(losses)), data, config)


def _batches(
    rng: np.random.Generator, data: Data, share: float, config: TrainConfig
) -> Iterator[tuple[Inputs, npt.NDArray[np.float32]]]:
    """Inputs and targets of each step of one epoch: a `share` is labelled, the rest generated.

    All windows are augment, then mixed within their step. Features are computed for many steps at once:
    windows of one split go together.
    """
    order = rng.permutation(len(data.training))
    drawn = round(share * config.batch)
    steps = len(order) // config.batch
    for first in range(0, steps, STEPS_PER_FEATURE_BATCH):
        count = min(STEPS_PER_FEATURE_BATCH, steps - first)
        parts = []
        for step in range(first, first + count):
            parts.append(data.training.take(order[step * config.batch :][: config.batch - drawn]))
            parts.append(data.labelled.take(rng.integers(len(data.labelled), size=drawn)))
        windows = augment(rng, Windows.joined(parts))
        inputs, wanted = features(windows.values, windows.split), soft_targets(windows, config)
        for start in range(0, count * config.batch, config.batch):
            stop = start + config.batch
            yield mixup(rng, inputs.rows(start, stop), wanted[start:stop], config.mixup)


def _judge(run: Run, epoch: int, training_loss: float, data: Data, config: TrainConfig) -> None:
    """Measure on both kinds of validation windows; remember the network where it is the best so far."""
    row = {"epoch": float(epoch), "training_loss": training_loss}
    for name, windows in (("generated", data.validation), ("judged", data.judged)):
        logits = predict(run.net, windows, config.device)
        wanted = soft_targets(windows, config)
        row[f"{name}_loss"] = float(
            nn.functional.cross_entropy(torch.from_numpy(logits), torch.from_numpy(wanted))
        )
        found = score(probabilities(logits, 1.0), windows.label, windows.second)
        row |= {f"{name}_alt_acc": found.alt_acc, f"{name}_alt_f1": found.alt_f1}
    run.history.append(row)
    log.info("epoch.done", **{k: round(v, 4) for k, v in row.items()})
    # Few windows are judged, many generated: together they are steadier than either.
    loss = row["judged_loss"] + row["generated_loss"]
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


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
