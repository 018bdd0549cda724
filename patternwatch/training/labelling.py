"""Labelling by eye: sheets of windows to look at, and what was seen in them.

    python -m patternwatch.training.labelling choose .work/labelling           # windows.npz and the sheets
    (look at each sheet-NN.png; write what you see into labels.csv: number,label,second)
    python -m patternwatch.training.labelling pack .work/labelling FILE.npz    # a file of labelled windows

Labels follow the definitions of docs/shapes.md; `second` is a name that would be right too, or empty.
"""

import csv
from collections import Counter
from pathlib import Path
from typing import Annotated

import numpy as np
import structlog
import typer

from patternwatch.contracts.errors import BundleError
from patternwatch.contracts.patterns import Pattern
from patternwatch.training.contact_sheet import CHARTS_PER_SHEET, draw
from patternwatch.training.datasets import OWN
from patternwatch.training.label_candidates import candidates, choose
from patternwatch.training.recorded import INCIDENTS

log = structlog.get_logger()

SHORT = {"": "", "ns": "normal", "ot": "other", "fl": "fluctuations"} | {
    f"{short}{way}": name.value
    for short, rise in (
        ("su", Pattern.SUDDEN_INCREASE),
        ("ls", Pattern.LEVEL_SHIFT_UP),
        ("st", Pattern.STEADY_INCREASE),
        ("si", Pattern.SINGLE_SPIKE),
        ("tr", Pattern.TRANSIENT_LEVEL_SHIFT_UP),
        ("mu", Pattern.MULTIPLE_SPIKES),
    )
    for way, name in (("+", rise), ("-", rise.mirrored))
}
"""Two letters that may be written for a name, with + and - for up and down."""

app = typer.Typer(add_completion=False)


@app.command(name="choose")
def choose_windows(
    folder: Annotated[Path, typer.Argument(help="Folder for the windows, the sheets and the labels.")],
    count: Annotated[int, typer.Option(help="Windows to choose.")] = 15 * CHARTS_PER_SHEET,
    incidents: Annotated[Path, typer.Option(help="Folder of the recordings.")] = INCIDENTS,
) -> None:
    """Choose windows and draw them."""
    chosen = choose(list(candidates(incidents)), count)
    folder.mkdir(parents=True, exist_ok=True)
    values, split = np.array([each.values for each in chosen]), np.array([each.split for each in chosen])
    group = np.array([f"{each.incident}/{each.metric}" for each in chosen])
    np.savez_compressed(folder / "windows.npz", values=values, split=split, group=group)
    for first in range(0, len(chosen), CHARTS_PER_SHEET):
        rows = range(first, min(first + CHARTS_PER_SHEET, len(chosen)))
        path = folder / f"sheet-{first // CHARTS_PER_SHEET:02}.png"
        draw(values[rows], split[rows], [str(number) for number in rows], path)
    log.info("labelling.chosen", windows=len(chosen), folder=str(folder))


@app.command()
def pack(
    folder: Annotated[Path, typer.Argument(help="Folder with windows.npz and labels.csv.")],
    out: Annotated[Path, typer.Argument(help="The file of labelled windows to write (npz).")],
) -> None:
    """Put windows and labels together; windows without a label are left out."""
    with np.load(folder / "windows.npz") as file:
        values, split, group = file["values"], file["split"], file["group"]
    with (folder / "labels.csv").open() as lines:
        seen = [row for row in csv.DictReader(lines) if row["label"]]
    rows = np.array([int(row["number"]) for row in seen], dtype=np.intp)
    label, second = (np.array([_name(row[field]) for row in seen]) for field in ("label", "second"))
    np.savez_compressed(
        out,
        values=values[rows],
        split=split[rows],
        label=label,
        alt_label=second,
        source=np.full(len(rows), OWN),
        group=group[rows],
        redistribute=np.full(len(rows), "yes"),
    )
    log.info("labelling.packed", windows=len(rows), **Counter(label.tolist()))


def _name(text: str) -> str:
    name = SHORT.get(text.strip(), text.strip())
    if name and name not in set(Pattern):
        raise BundleError(
            f"{text!r} is no shape",
            "Write a name of docs/shapes.md, or one of " + " ".join(filter(None, SHORT)),
        )
    return name


if __name__ == "__main__":
    app()
