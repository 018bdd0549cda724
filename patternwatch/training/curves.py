"""The curves of one training run, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure


def draw_curves(history: Sequence[dict[str, float]], path: Path) -> None:
    """Loss and accuracy by epoch, into a PNG."""
    epochs = [row["epoch"] for row in history]
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    losses, hits = figure.subplots(1, 2)
    for name in ("training_loss", "validation_loss"):
        losses.plot(epochs, [row[name] for row in history], label=name.replace("_", " "))
    for name in ("strict_acc", "alt_acc", "alt_f1"):
        hits.plot(epochs, [row[name] for row in history], label=name.replace("_", " "))
    for axis, what in ((losses, "cross entropy"), (hits, "validation")):
        axis.set_xlabel("epoch")
        axis.set_ylabel(what)
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=90)
