"""`patternwatch train` and `patternwatch models`: the next model, and whether it is better."""

from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from patternwatch.cli.label_stores import store_at
from patternwatch.contracts.errors import MissingProgramError

LABELLED = "labelled.npz"

app = typer.Typer(no_args_is_help=True, help="Shape models: compare two before one takes over.")


@app.callback()
def models() -> None:
    """Keep `compare` a command of its own."""


def train(
    out: Annotated[Path, typer.Option(help="Folder that the model is written to.")],
    labels: Annotated[
        str | None,
        typer.Option(help="Examples to learn: a file of `teach`, or the API's http://... address."),
    ] = None,
    tenant: Annotated[str, typer.Option(help="The tenant whose examples these are.")] = "default",
    real: Annotated[Path | None, typer.Option(help="Labelled windows (npz) to learn as well.")] = None,
    runs: Annotated[Path, typer.Option(help="Folder for the run's log, curves and checkpoint.")] = Path(
        ".work/training"
    ),
) -> None:
    """Train a shape model on generated windows, labelled ones, and what operators corrected."""
    try:
        from patternwatch.training.train import main  # noqa: PLC0415 - torch takes seconds to import
    except ModuleNotFoundError as error:
        raise MissingProgramError(
            f"Training needs {error.name}", "Install it: pip install 'patternwatch[training]'"
        ) from error
    from patternwatch.training.labelled_examples import write_labelled  # noqa: PLC0415

    if labels is not None:
        examples = store_at(labels).of(tenant)
        learnt = write_labelled(examples, runs / LABELLED, beside=real)
        real = runs / LABELLED
        Console(highlight=False).print(f"{learnt} corrections of {len(examples)} examples go into the model")
    main(out=out, runs=runs, real=real)


@app.command("compare")
def compare_models(
    a: Annotated[str, typer.Argument(help="The model that serves: a folder or URL; '' is the shipped one.")],
    b: Annotated[str, typer.Argument(help="The one that may take its place.")],
    labelled: Annotated[Path, typer.Argument(help="Labelled windows (npz) that neither has learned from.")],
) -> None:
    """Compare two models on labelled windows, and say whether the second should take over."""
    from patternwatch.classifier.comparison import compare  # noqa: PLC0415
    from patternwatch.classifier.factory import open_model  # noqa: PLC0415
    from patternwatch.training.datasets import read_labelled  # noqa: PLC0415

    asked = read_labelled(labelled)
    windows = asked.windows
    opened = [open_model(place) for place in (a, b)]
    found = [m.classify(windows.values, windows.split) for m in opened if m is not None]
    result = compare(found[0], found[1], windows.label, windows.second, asked.group)
    console = Console(highlight=False)
    console.print(f"{result.windows} windows of {result.groups} groups in {labelled}")
    table = Table("figure", *(m.version for m in opened if m), "difference", "95 % of draws", box=box.SIMPLE)
    for d in result.differences:
        span = f"{d.low:+.3f} to {d.high:+.3f}"
        table.add_row(d.name, f"{d.a:.3f}", f"{d.b:.3f}", f"{d.b - d.a:+.3f}", span)
    console.print(table)
    console.print(f"[bold]{result.verdict}[/]: {result.reason}")
