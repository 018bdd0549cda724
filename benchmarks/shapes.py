"""How well a model names shapes on labelled charts. `python -m benchmarks.shapes FILE.npz --json`."""

import argparse
from pathlib import Path

import numpy as np

from benchmarks import output
from patternwatch.classifier.metrics import score
from patternwatch.classifier.model import ShapeModel
from patternwatch.training.datasets import read_labelled

FIGURES = (
    "strict_acc",
    "alt_acc",
    "alt_f1",
    "clear_f1",
    "notable_called_normal",
    "ece",
    "ece_accepted",
)


def shapes(arguments: argparse.Namespace) -> output.Result:
    """Scores on one file of labelled windows: figures, a row per pattern, and the confusion."""
    model = ShapeModel.load(arguments.model)
    windows = read_labelled(arguments.file).windows
    probabilities = np.empty((len(windows), len(model.metadata.patterns)), dtype=np.float32)
    for split in np.unique(windows.split):
        rows = windows.split == split
        probabilities[rows] = model.classify(windows.values[rows], int(split))
    found = score(probabilities, windows.label, windows.second)
    scores = found.model_dump(mode="json")
    results = [
        {
            "pattern": name,
            **row,
            "named": ", ".join(
                f"{other} {count}"
                for other, count in sorted(found.confusion[name].items(), key=lambda item: -item[1])
            ),
        }
        for name, row in scores["per_class"].items()
    ]
    return {
        "figures": {name: scores[name] for name in FIGURES},
        "results": results,
        "confusion": scores["confusion"],
        "settings": {"file": arguments.file.name, "windows": len(windows), "model": model.version},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="labelled windows (npz)")
    parser.add_argument(
        "--model", type=Path, default=None, help="folder of the model; the shipped one by default"
    )
    output.run(shapes, parser)
