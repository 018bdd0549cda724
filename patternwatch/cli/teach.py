"""`patternwatch teach` and `patternwatch examples`: tell the classifier what a series shows."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from patternwatch.cli.label_stores import API_URL, ApiStore, ApiToken, store_at
from patternwatch.cli.operator_name import operator_name
from patternwatch.cli.table import sparkline
from patternwatch.cli.times import minute, parse_time
from patternwatch.contracts.codec import decode
from patternwatch.contracts.errors import InputError, LabelError, MessageError
from patternwatch.contracts.labelled_examples import LabelledExample, make_labelled_example
from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.report import Report
from patternwatch.contracts.series import Window
from patternwatch.cortex.bundle_source import BundleSource

_SPARK_WIDTH = 24

Store = Annotated[
    str, typer.Option("--examples", help="Where examples are kept: the API's http://... address, or a file.")
]
Tenant = Annotated[str, typer.Option(help="The tenant whose examples these are.")]

app = typer.Typer(no_args_is_help=True, help="Examples that were taught: list them, take them back.")


def command(
    name: Annotated[
        str, typer.Argument(help="What it is: a pattern (level_shift_up), or a name of your own.")
    ],
    report: Annotated[
        str | None, typer.Option(help="A report's id at the API, or a file of `analyze --format json`.")
    ] = None,
    series: Annotated[str | None, typer.Option(help="Which finding of it: its rank or series id.")] = None,
    bundle: Annotated[Path | None, typer.Option(help="Instead of a report: a recorded incident.")] = None,
    selector: Annotated[str | None, typer.Option(help="Which series of it; exactly one.")] = None,
    at: Annotated[
        str | None, typer.Option(help="Where its current part begins; by default as it was recorded.")
    ] = None,
    tenant: Tenant = "default",
    examples: Store = API_URL,
    token: ApiToken = "",
) -> None:
    """Teach what one series shows. It counts from the next report on; five examples make a shape."""
    if report is not None and series is not None and bundle is None:
        example = _from_report(name, report, series, tenant, examples, token)
    elif bundle is not None and selector is not None and report is None:
        example = asyncio.run(_from_bundle(name, bundle, selector, at, tenant))
    else:
        raise LabelError(
            "There is nothing to learn from", "Give either --report and --series, or --bundle and --selector"
        )
    store_at(examples, token).put(example)
    Console(highlight=False).print(f"{example.example_id}  {example.name}  {example.series}")


@app.command("list")
def list_examples(tenant: Tenant = "default", examples: Store = API_URL, token: ApiToken = "") -> None:
    """List all examples that were taught."""
    console = Console(highlight=False)
    for example in store_at(examples, token).of(tenant):
        line = sparkline(example.values[-120:], _SPARK_WIDTH)
        called = f", called {example.called.label}" if example.called else ""
        by = f" by {example.labelled_by}" if example.labelled_by else ""
        for text in (
            f"{example.example_id}  {line}  {example.name}{called}",
            f"  {minute(example.labelled_at_ms)} UTC{by}  {example.series}",
        ):
            console.print(text, markup=False, soft_wrap=True)


@app.command("remove")
def remove(
    example_id: Annotated[str, typer.Argument(help="See `patternwatch examples list`.")],
    tenant: Tenant = "default",
    examples: Store = API_URL,
    token: ApiToken = "",
) -> None:
    """Take one example back."""
    store_at(examples, token).remove(tenant, example_id)


def _from_report(
    name: str, report: str, series: str, tenant: str, examples: str, token: str
) -> LabelledExample:
    from patternwatch.analysis.labelling import example_from_report  # noqa: PLC0415 - imports the kernels

    file = Path(report)
    if file.is_file():
        try:
            read = decode(file.read_bytes(), Report)
        except MessageError as error:
            raise InputError(f"{file} is no report: {error}", "Give the output of `--format json`") from error
        read = read.model_copy(update={"tenant": tenant})
    else:
        url = examples if examples.startswith(("http://", "https://")) else API_URL
        read = ApiStore(url, token=token).report(tenant, report)
    return example_from_report(read, series, name, **_about())


async def _from_bundle(
    name: str, bundle: Path, selector: str, at: str | None, tenant: str
) -> LabelledExample:
    source = BundleSource(bundle)
    incident = source.incident
    at_ms = incident.at_ms if at is None else parse_time(at, incident.end_ms)
    window = Window.ending(incident.end_ms, at_ms, incident.step_ms)
    batch = await source.fetch(tenant, parse_selector(selector), window)
    if len(batch) != 1:
        raise LabelError(
            f"{selector} selects {len(batch)} series of {bundle}", "Give a selector of exactly one"
        )
    values = batch.values[0].astype("float32")
    return make_labelled_example(tenant, name, values, window.split_row, series=selector[:1000], **_about())


def _about() -> dict[str, object]:
    return {"labelled_by": operator_name(), "labelled_at_ms": time.time_ns() // 1_000_000}
