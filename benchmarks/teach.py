"""How well a shape that the network never saw is taught. `python -m benchmarks.teach [FILE.npz] --json`.

For each of the 13 patterns a network is trained, shortly, without it. The pattern is then taught from a
few windows that have this label only; `taught_recall` is the part of its other windows that are
recognised (`clear_recall`: of those that have no second label), `others_swallowed` the part of the
windows of other shapes that are taken for it. Windows of the examples' groups are not asked. Without a
file of labelled real windows the figures are those of generated ones.

`--mirror-too` leaves the mirror image out of training as well: nothing like it was ever seen.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from benchmarks import output
from benchmarks.corrections import Asked, corrections
from patternwatch.classifier.features import Inputs, features
from patternwatch.classifier.few_shot import embed_both_ways
from patternwatch.classifier.metrics import NONE
from patternwatch.classifier.model import Embedded
from patternwatch.classifier.prototypes import Matrix32, learned, membership, space_of
from patternwatch.classifier.reference import load_reference
from patternwatch.classifier.shape_model import Split
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.training.augmentation import MIRRORED
from patternwatch.training.config import GeneratorConfig, NetConfig
from patternwatch.training.datasets import OWN_FILE, read_labelled
from patternwatch.training.generator import generate
from patternwatch.training.net import ShapeNet
from patternwatch.training.recorded import recorded_windows
from patternwatch.training.windows import Windows

EPOCHS = 5
BATCH = 256
RATE = 3e-3
AVERAGE = 0.98
"""Decay of the running average of the weights, which is what is asked: see `training`."""
TRAINING_SEED, TEST_SEED = 11, 12
TEST_WINDOWS = 3000
SECOND = 0.3
OWN_TIMES = 5
"""How often our own labelled windows are repeated among the generated ones."""
LEARNT = tuple(p for p in PATTERNS if p not in (Pattern.NORMAL, Pattern.OTHER))


@dataclass(frozen=True, slots=True)
class Pool:
    """Training windows and their mirror images: inputs, label and second label (N,)."""

    inputs: Inputs
    label: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]


class NetEmbedder:
    """A torch network as the `Embedder` of `classifier.few_shot`."""

    version = sha256 = "benchmark"

    def __init__(self, net: ShapeNet) -> None:
        self._net = net.eval()

    def embed(self, values: npt.NDArray[np.float32], split: Split) -> Embedded:
        """See `ShapeModel.embed`."""
        found = []
        with torch.no_grad():
            for k in range(0, len(values), BATCH):
                inputs = features(values[k : k + BATCH], np.broadcast_to(split, len(values))[k : k + BATCH])
                found.append(self._net.embed(*_tensors(inputs)).numpy())
        embedding = np.concatenate(found)
        return Embedded(np.zeros((len(values), len(PATTERNS)), np.float32), embedding)


def teach(arguments: argparse.Namespace) -> output.Result:
    """Leave each pattern out, teach it, ask; means over patterns and draws."""
    torch.set_num_threads(1)
    config = GeneratorConfig(windows=arguments.windows)
    recorded = recorded_windows(config.incidents)
    made, own = generate(config.windows, TRAINING_SEED, config, recorded), read_labelled(OWN_FILE).windows
    pool = _pool(Windows.joined([made, *[own] * OWN_TIMES]))
    made = generate(TEST_WINDOWS, TEST_SEED, config, recorded)
    asked = {"generated": Asked(made, np.arange(len(made)).astype(str))}
    if arguments.file:
        labelled = read_labelled(arguments.file)
        asked["real"] = Asked(labelled.windows, labelled.group)
    rows: list[dict[str, Any]] = []
    for pattern in LEARNT:
        left_out: set[Pattern] = {pattern, pattern.mirrored} if arguments.mirror_too else {pattern}
        net = NetEmbedder(_trained(pool, [PATTERNS.index(p) for p in left_out]))
        row: dict[str, Any] = {"pattern": pattern.value}
        for name, windows in asked.items():
            found = _taught(net, windows, pattern, left_out, arguments.examples, arguments.draws)
            row |= {f"{name}_{k}": v for k, v in found.items()}
        output.progress(" ".join(f"{k} {v:.3f}" if isinstance(v, float) else str(v) for k, v in row.items()))
        rows.append(row)
    means = _means(rows)
    evaluation = "real" if arguments.file else "generated"
    figures = {
        "taught_recall": means[f"{evaluation}_recall"],
        "others_swallowed": means[f"{evaluation}_swallowed"],
        **means,
        **corrections(asked[evaluation]),
    }
    settings = vars(arguments) | {"epochs": EPOCHS, "batch": BATCH, "net": NetConfig().model_dump()}
    return {
        "figures": figures,
        "results": rows,
        "settings": {k: str(v) for k, v in settings.items() if k != "json"},
    }


def _means(rows: list[dict[str, Any]]) -> dict[str, float]:
    return {key: float(np.mean([row[key] for row in rows])) for key in rows[0] if key != "pattern"}


def _pool(windows: Windows) -> Pool:
    upright, turned = (features(sign * windows.values, windows.split) for sign in (1, -1))
    both = (np.concatenate(pair) for pair in zip(_arrays(upright), _arrays(turned), strict=True))
    return Pool(
        Inputs(*both),
        np.concatenate([windows.label, MIRRORED[windows.label]]),
        np.concatenate([windows.second, MIRRORED[windows.second]]),
    )


def _trained(pool: Pool, left_out: Sequence[int]) -> ShapeNet:
    """A network that has seen no window, and no second label, of these patterns."""
    torch.manual_seed(TRAINING_SEED)
    rng = np.random.default_rng(TRAINING_SEED)
    rows = np.flatnonzero(~np.isin(pool.label, left_out))
    second = np.where(np.isin(pool.second, left_out), NONE, pool.second)
    target = np.zeros((len(pool.label), len(PATTERNS)), dtype=np.float32)
    two = np.flatnonzero(second != NONE)
    target[np.arange(len(target)), pool.label] = 1.0
    target[two, pool.label[two]] = 1 - SECOND
    target[two, second[two]] += SECOND
    net = ShapeNet(NetConfig()).train()
    steps = EPOCHS * (len(rows) // BATCH)
    follow = get_ema_multi_avg_fn(AVERAGE)  # type: ignore[no-untyped-call]
    averaged = AveragedModel(net, multi_avg_fn=follow, use_buffers=True)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, RATE, total_steps=steps, pct_start=0.15, final_div_factor=0.2
    )
    for batch in _batches(rng, rows, steps):
        logits = net(*(torch.from_numpy(array[batch]) for array in _arrays(pool.inputs)))
        loss = nn.functional.cross_entropy(logits, torch.from_numpy(target[batch]), label_smoothing=0.02)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        averaged.update_parameters(net)
    return cast("ShapeNet", averaged.module)


def _batches(
    rng: np.random.Generator, rows: npt.NDArray[np.intp], steps: int
) -> Iterator[npt.NDArray[np.intp]]:
    in_epoch = len(rows) // BATCH
    for step in range(steps):
        if step % in_epoch == 0:
            rng.shuffle(rows)
        yield rows[step % in_epoch * BATCH :][:BATCH]


def _taught(
    net: NetEmbedder, asked: Asked, pattern: Pattern, left_out: set[Pattern], examples: int, draws: int
) -> dict[str, float]:
    """Means over draws of the examples."""
    reference, number = load_reference(), PATTERNS.index(pattern)
    known = ~np.isin(reference.label, [PATTERNS.index(p) for p in left_out])
    _, embedded = embed_both_ways(net, reference.values[known], reference.split[known])
    space = space_of(embedded, reference.label[known])
    _, both = embed_both_ways(net, asked.windows.values, asked.windows.split)
    label, second = asked.windows.label, asked.windows.second
    mine, clear = label == number, second == NONE
    others = ~mine & (second != number)
    found = []
    for draw in range(draws):
        chosen = _draw(np.random.default_rng([number, draw]), np.flatnonzero(mine & clear), asked, examples)
        hit = membership(space, [learned(space, both[chosen])], both)[:, 0] > 0
        rest = ~np.isin(asked.group, asked.group[chosen])
        asked_for = (rest & mine, rest & mine & clear, rest & others)
        found.append([hit[rows].mean() for rows in asked_for])
    recall, of_clear, swallowed = np.mean(found, axis=0)
    return {
        "recall": float(recall),
        "clear_recall": float(of_clear),
        "swallowed": float(swallowed),
    }


def _draw(
    rng: np.random.Generator, among: npt.NDArray[np.intp], asked: Asked, count: int
) -> npt.NDArray[np.intp]:
    """Examples of as many different groups as there are."""
    order = rng.permutation(among)
    _, first = np.unique(asked.group[order], return_index=True)
    later = np.setdiff1d(np.arange(len(order)), first)
    chosen = np.concatenate([rng.permutation(first), rng.permutation(later)])[:count]
    return np.asarray(order[chosen])


def _arrays(inputs: Inputs) -> list[Matrix32]:
    return list(inputs.as_feed().values())


def _tensors(inputs: Inputs) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(array) for array in _arrays(inputs))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path, nargs="?", help="labelled real windows (npz)")
    parser.add_argument("--examples", type=int, default=5)
    parser.add_argument("--draws", type=int, default=20, help="of the examples, for each pattern")
    parser.add_argument("--windows", type=int, default=10_000, help="generated windows to train on")
    parser.add_argument("--mirror-too", action="store_true", help="never show the mirror image either")
    output.run(teach, parser)
