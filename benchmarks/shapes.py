"""How well shapes are named on charts labelled by eye: `python -m benchmarks.shapes FILE.npz --json`.

The shipped model has learnt from those rows of FILE that may be redistributed, if its card says so: the
figures of the rows that it cannot have seen stand apart (`unseen_...`). With `--peers` others learn in the
same run and name the same charts: PatternMatcher's network, MiniRocket, nearest centroid. Where the public
SyntheticControl set lies beside FILE, MiniRocket and our network's embedding are compared on it as well.
`int8_beside_fp32` is the largest difference of an accuracy or F1 between the two precisions.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks import output, shape_peers
from patternwatch.classifier.metrics import Scores, score
from patternwatch.classifier.model import ShapeModel
from patternwatch.classifier.shape_model import SHIPPED
from patternwatch.training.datasets import read_labelled
from patternwatch.training.export import FULL_PRECISION
from patternwatch.training.windows import Windows

FIGURES = (
    "strict_acc",
    "alt_acc",
    "alt_f1",
    "clear_f1",
    "group_acc",
    "notable_called_normal",
    "ece",
    "ece_accepted",
)


PEER_FIGURES = ("strict_acc", "alt_acc", "alt_f1", "clear_f1")
CONTROL = "synthetic_control.npz"
FOLDS = 5
RIDGE = 1.0


def shapes(arguments: argparse.Namespace) -> output.Result:
    """Scores on one file of labelled windows: figures, a row per pattern, and the confusion."""
    model = ShapeModel.load(arguments.model)
    labelled = read_labelled(arguments.file)
    windows = labelled.windows
    named = model.classify(windows.values, windows.split)
    found = score(named, windows.label, windows.second)
    figures = {name: float(getattr(found, name)) for name in FIGURES}
    unseen = np.flatnonzero(~labelled.shippable)
    if len(unseen):
        rest = score(named[unseen], windows.label[unseen], windows.second[unseen])
        figures |= {f"unseen_{name}": float(getattr(rest, name)) for name in FIGURES}
    full = (arguments.model or SHIPPED) / FULL_PRECISION
    if full.exists():
        exact = score(
            ShapeModel.load(full).classify(windows.values, windows.split), windows.label, windows.second
        )
        apart = [abs(figures[name] - float(getattr(exact, name))) for name in PEER_FIGURES]
        figures["int8_beside_fp32"] = max(apart)
    if arguments.peers:
        figures |= _peers(windows)
        control = arguments.file.with_name(CONTROL)
        if control.exists():
            figures |= _synthetic_control(model, control)
    return {
        "figures": figures,
        "results": _rows(found),
        "confusion": found.confusion,
        "settings": {
            "file": arguments.file.name,
            "windows": len(windows),
            "unseen": len(unseen),
            "model": model.version,
        },
    }


def _rows(found: Scores) -> list[dict[str, object]]:
    return [
        {
            "pattern": name,
            **row.model_dump(mode="json"),
            "named": ", ".join(
                f"{other} {count}"
                for other, count in sorted(found.confusion[name].items(), key=lambda item: -item[1])
            ),
        }
        for name, row in found.per_class.items()
    ]


def _peers(windows: Windows) -> dict[str, float]:
    taught = shape_peers.training_windows()
    ways: dict[str, Callable[[], npt.NDArray[np.float64]]] = {
        "papers_network": lambda: shape_peers.papers_network(windows),
        "minirocket": lambda: shape_peers.minirocket(taught, windows),
        "nearest_centroid": lambda: shape_peers.nearest_centroid(taught, windows),
    }
    figures: dict[str, float] = {}
    for name, way in ways.items():
        found = score(way(), windows.label, windows.second)
        output.progress(f"{name}: alt_f1 {found.alt_f1:.3f}")
        figures |= {f"{name}_{figure}": float(getattr(found, figure)) for figure in PEER_FIGURES}
    return figures


def _synthetic_control(model: ShapeModel, file: Path) -> dict[str, float]:
    """Accuracy in five folds of the public set (300 series of 60 points in six classes).

    Published with the official split: MiniRocket .9978 (Dempster et al., KDD 2021). Ours is a ridge
    regression on the embedding of a network that never saw the set, nor windows without a baseline.
    """
    with np.load(file) as data:
        values, label = data["X"], data["y"].astype(np.int64)
    embedding = model.embed(values, values.shape[1] // 2).embedding
    fold = np.random.default_rng(0).permutation(len(values)) % FOLDS
    hits = {"minirocket": 0, "embedding": 0}
    for k in range(FOLDS):
        test = fold == k
        rocket = shape_peers.minirocket_names(values[~test][:, None], label[~test], values[test][:, None])
        hits["minirocket"] += int(np.sum(rocket == label[test]))
        hits["embedding"] += int(
            np.sum(_ridge(embedding[~test], label[~test], embedding[test]) == label[test])
        )
    return {f"synthetic_control_{name}": count / len(values) for name, count in hits.items()}


def _ridge(
    known: npt.NDArray[np.float32], label: npt.NDArray[np.int64], new: npt.NDArray[np.float32]
) -> npt.NDArray[np.intp]:
    known, new = (np.hstack([x, np.ones((len(x), 1), x.dtype)]) for x in (known, new))
    wanted = np.eye(int(label.max()) + 1)[label]
    weights = np.linalg.solve(known.T @ known + RIDGE * np.eye(known.shape[1]), known.T @ wanted)
    return np.asarray((new @ weights).argmax(axis=1))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="labelled windows (npz)")
    parser.add_argument(
        "--model", type=Path, default=None, help="folder of the model; the shipped one by default"
    )
    parser.add_argument("--peers", action="store_true", help="compare with others, which learn in this run")
    output.run(shapes, parser)
