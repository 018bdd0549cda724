"""The curves of one training run, as a picture."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

_LOSSES = {"training_loss": "-", "generated_loss": "--", "judged_loss": ":"}
_HITS = {"generated_alt_acc": "--", "judged_alt_acc": ":", "judged_alt_f1": "-."}


def draw_curves(histories: Sequence[Sequence[dict[str, float]]], path: Path) -> None:
    """Loss and accuracy by epoch (the last is the fine-tuning), a colour for each network, into a PNG."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axis, what, lines in zip(
        figure.subplots(1, 2), ("cross entropy", "second label accepted"), (_LOSSES, _HITS), strict=True
    ):
        for number, history in enumerate(histories):
            epochs = [row["epoch"] for row in history]
            for name, style in lines.items():
                label = name.replace("_", " ") if number == 0 else None
                values = [row[name] for row in history]
                axis.plot(epochs, values, style, color=f"C{number}", label=label)
        axis.set_xlabel("epoch")
        axis.set_ylabel(what)
        axis.grid(alpha=0.3)
        axis.legend()
    figure.savefig(path, dpi=90)
