"""`patternwatch dead-letters list|show|replay|drop`: records that could not be worked on."""

import asyncio
import base64
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from patternwatch.cli.output_format import Format, FormatOption, as_json
from patternwatch.cli.serve import read_settings
from patternwatch.cli.times import timestamp
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.settings import KafkaSettings, ProcessSettings
from patternwatch.kafka.dead_letters import OpenLetter, chosen, drop, read_letters, replay

app = typer.Typer(
    no_args_is_help=True,
    help="Records that could not be worked on: see why, send them again, or drop them. "
    "Settings: PATTERNWATCH_KAFKA__* variables.",
)

_ID_CHARS = 8
_Ids = Annotated[list[str] | None, typer.Argument(help="Their ids, or the beginnings of these.")]
_All = Annotated[bool, typer.Option("--all", help="All that are open.")]


@app.command("list")
def list_letters(form: FormatOption = Format.TABLE) -> None:
    """List those that are open, the latest first."""
    letters = asyncio.run(read_letters(_kafka()))
    if form is Format.JSON:
        typer.echo(as_json([_told(one) for one in letters]))
        return
    console = Console(highlight=False)
    if not letters:
        console.print("There are no open dead letters.")
        return
    table = Table(box=box.SIMPLE, pad_edge=False)
    for title in ("id", "from", "tries", "first seen", "last seen", "error", "reason"):
        table.add_column(title, overflow="fold", no_wrap=title in ("id", "tries"))
    for one in letters:
        letter = one.letter
        table.add_row(
            letter.letter_id[:_ID_CHARS],
            f"{letter.topic}/{letter.partition}/{letter.offset}",
            str(one.tries),
            timestamp(one.first_seen_ms),
            timestamp(letter.at_ms),
            letter.error,
            letter.reason,
        )
    console.print(table)


@app.command("show")
def show(letter_id: Annotated[str, typer.Argument(help="Its id, or the beginning of it.")]) -> None:
    """Show one of them: the reason, where in the code it was raised, and the record."""
    [one] = chosen(asyncio.run(read_letters(_kafka())), [letter_id])
    letter = one.letter
    console = Console(highlight=False, markup=False, soft_wrap=True)
    for name, text in (
        ("id", letter.letter_id),
        ("from", f"{letter.topic}, partition {letter.partition}, offset {letter.offset}"),
        ("tries", f"{one.tries}, {timestamp(one.first_seen_ms)} to {timestamp(letter.at_ms)}"),
        ("error", f"{letter.error}: {letter.reason}"),
        ("key", _text(letter.key)),
        ("headers", " ".join(f"{name}={value}" for name, value in letter.headers.items())),
        ("record", _text(letter.value)),
        ("stack", f"\n{letter.stack.rstrip()}" if letter.stack else ""),
    ):
        if text:
            console.print(f"{name + ':':<9}{text}")


@app.command("replay")
def replay_letters(ids: _Ids = None, everything: _All = False) -> None:
    """Send records to the topics that they came from, once what was wrong is mended."""
    kafka = _kafka()
    letters = _wanted(kafka, ids, everything)
    asyncio.run(replay(kafka, letters))
    Console(highlight=False).print(f"{len(letters)} sent again")


@app.command("drop")
def drop_letters(ids: _Ids = None, everything: _All = False) -> None:
    """Drop records that nobody needs any more."""
    kafka = _kafka()
    letters = _wanted(kafka, ids, everything)
    asyncio.run(drop(kafka, letters))
    Console(highlight=False).print(f"{len(letters)} dropped")


def _told(one: OpenLetter) -> dict[str, object]:
    """What a program reads of it: key and record are base64, since they may be any bytes."""
    return one.letter.model_dump(mode="json") | {"tries": one.tries, "first_seen_ms": one.first_seen_ms}


def _kafka() -> KafkaSettings:
    return read_settings(ProcessSettings).kafka


def _wanted(kafka: KafkaSettings, ids: list[str] | None, everything: bool) -> list[OpenLetter]:
    if bool(ids) == everything:
        raise InputError("It is not said which dead letters are meant", "Give either ids or --all")
    letters = asyncio.run(read_letters(kafka))
    return letters if everything else chosen(letters, ids or [])


def _text(raw: str | None) -> str:
    """What base64 holds, as far as it is text."""
    return "" if raw is None else base64.b64decode(raw).decode(errors="backslashreplace")
