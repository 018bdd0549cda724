"""The model card, written from the metadata.

`python -m patternwatch.training.card --measured FILE.npz` adds what the model reaches on labelled charts
that it has not seen.
"""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from patternwatch.classifier.metrics import Scores, score
from patternwatch.classifier.shape_model import METADATA_FILE, SHIPPED, ShapeModel
from patternwatch.training.datasets import read_labelled

CARD_FILE = "MODEL_CARD.md"
MEASURED = "measured"

_WHAT = """\
Names the shape that the current part of a metric took relative to its baseline: 13 patterns, `normal` and
`other`, as defined in docs/shapes.md. Written by a program (`patternwatch.training.card`); do not edit.
"""
_LIMITS = """\
- It sees 300 points at most and names the last 110 of them at most; it does not know what the metric means.
- Most windows it learnt from are generated, and those labelled by eye come from few systems and one person's
  eye, who agrees with himself on about 85 % of the charts: no figure above that means anything, unless a
  second label is accepted. Trust the figures on real charts, not those on generated ones.
- `fluctuations`, `other` and `multiple` shapes are the hardest: expect their neighbours.
- Small changes in strong noise are called normal. A spike of four points and an excursion of five, or a jump
  seven points before the end and one eight points before it, are neighbours: expect either name.
- A smooth daily slope whose cycle the baseline does not show may be called normal or steady.
- Probabilities are calibrated by one temperature, on the labelled windows kept back.
"""


def write_card(folder: Path) -> None:
    """Write MODEL_CARD.md beside the model in `folder`, from its metadata alone."""
    facts = json.loads((folder / METADATA_FILE).read_text())
    (folder / CARD_FILE).write_text(card(facts))


def card(facts: dict[str, Any]) -> str:
    """The card's text (Markdown) for a model with this metadata."""
    data = facts["data"]
    parts = [
        f"# Model card: {facts['name']}\n",
        _WHAT,
        "## The model\n",
        _list(
            f"graph: `{facts['sha256'][:12]}` (SHA-256), ONNX opset {facts['opset']}, {facts['precision']}",
            f"{facts['parameters']:,} parameters; temperature {facts['temperature']:.3f}",
            "inputs: " + ", ".join(f"`{name}` {tuple(shape)}" for name, shape in facts["inputs"].items()),
            "made with " + ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
            f"torch and ONNX Runtime agree on all {facts['checked']['windows']:,} validation windows "
            f"in float32 (largest difference {facts['checked']['largest_difference']:.1e}); "
            f"int8 names {facts['checked']['int8_agreement']:.1%} of them as float32 does",
        ),
        "## Data\n",
        _list(
            f"{data['generated']:,} generated windows, seed {facts['config']['seed']}",
            f"under some of them {data['recorded']:,} backgrounds cut from our own recorded incidents",
            *(f"labelled by eye: {line}" for line in data["sources"]),
        ),
        "## On windows labelled by eye, kept back for validation\n",
        _figures(Scores.model_validate(facts["judged"])),
        "## On generated windows, kept back for validation\n",
        _figures(Scores.model_validate(facts["generated"])),
    ]
    for name, found in facts.get(MEASURED, {}).items():
        parts += [f"## On real charts: {name}, those rows that no model may learn from\n"]
        parts += [_figures(Scores.model_validate(found))]
    return "\n".join([*parts, "## Limits\n", _LIMITS])


def _list(*lines: str) -> str:
    return "".join(f"- {line}\n" for line in lines)


def _figures(found: Scores) -> str:
    figures = {
        "strict accuracy": found.strict_acc,
        "second label accepted": found.alt_acc,
        "macro F1": found.alt_f1,
        "macro F1 of windows with one label": found.clear_f1,
        "notable called normal": found.notable_called_normal,
        "expected calibration error": found.ece,
    }
    head = f"{found.windows:,} windows: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()) + ".\n"
    rows = [
        f"| {name.replace('_', ' ')} | {s.windows} | {s.strict_recall:.2f} "
        f"| {s.precision:.2f} | {s.recall:.2f} | {s.f1:.2f} |"
        for name, s in found.per_class.items()
    ]
    table = [
        "| pattern | windows | strict recall | precision | recall | F1 |",
        "|---|---|---|---|---|---|",
        *rows,
    ]
    return head + "\n" + "\n".join(table) + "\n"


def main(
    measured: Annotated[Path, typer.Option(help="Labelled real windows (npz) to measure on.")],
    model: Annotated[Path, typer.Option(help="Folder of the model.")] = SHIPPED,
) -> None:
    """Measure the model on labelled real windows that it has not learnt from, and write its card again."""
    labelled = read_labelled(measured)
    unseen = labelled.take(~labelled.shippable).windows
    found = score(ShapeModel.load(model).classify(unseen.values, unseen.split), unseen.label, unseen.second)
    path = model / METADATA_FILE
    facts = json.loads(path.read_text())
    facts[MEASURED] = {measured.stem: found.model_dump(mode="json")}
    path.write_text(json.dumps(facts, indent=2) + "\n")
    write_card(model)


if __name__ == "__main__":
    typer.run(main)
