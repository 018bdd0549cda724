"""The `patternwatch` command."""

import errno
import os
import sys
from io import TextIOWrapper
from typing import Any

import typer
from rich.console import Console
from typer.core import TyperGroup

from patternwatch import __version__
from patternwatch.cli import (
    analyze,
    dead_letters,
    demo,
    doctor,
    kafka,
    migrate,
    models,
    record,
    serve,
    teach,
    tokens,
    up,
    warm,
    watches,
)
from patternwatch.cli.parent_watch import end_with_parent
from patternwatch.cli.process_group import ProcessEndedError
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.logs import warnings_to_stderr

FAILED, BAD_INPUT = 1, 2


class _Commands(TyperGroup):
    """Turns every error of ours into one clear message on stderr and exit code 2.

    The code is 1 where a process that a command has started ended by itself.
    """

    def invoke(self, ctx: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that speaks no UTF-8 shows a `?`
        end_with_parent(os.environ)
        warnings_to_stderr()
        try:
            return super().invoke(ctx)
        except PatternwatchError as error:
            console = Console(stderr=True, highlight=False, soft_wrap=True)
            console.print(f"[bold red]error:[/] {_escaped(error.problem)}")
            if error.remedy:
                console.print(f"[bold]what to do:[/] {_escaped(error.remedy)}")
            sys.exit(FAILED if isinstance(error, ProcessEndedError) else BAD_INPUT)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            Console(stderr=True, highlight=False).print(f"[bold red]error:[/] {_escaped(str(error))}")
            sys.exit(FAILED)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Finds the few metrics that tell why a service went down, and names the shape each one took.",
)
app.command("analyze")(analyze.command)
app.command("record")(record.command)
app.command("teach")(teach.command)
app.add_typer(teach.app, name="examples")
app.command("train")(models.train)
app.add_typer(models.app, name="models")
app.command("doctor")(doctor.command)
app.command("worker")(serve.worker)
app.command("api")(serve.api)
app.command("migrate")(migrate.command)
app.command("demo")(demo.command)
app.command("up")(up.command)
app.command("warm")(warm.command)
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(kafka.app, name="kafka")
app.add_typer(tokens.app, name="tokens")
app.add_typer(watches.app, name="watches")


@app.command("version")
def version() -> None:
    """Print the version."""
    Console().print(__version__)
