"""`patternwatch kafka start|stop|status`: a real Kafka node for development."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.kafka.dev import commands as kafka_dev

app = typer.Typer(
    no_args_is_help=True, help="A real Kafka node for development (for production bring your own)."
)

_Folder = Annotated[Path, typer.Option(help="Where its data and log are kept.")]
_FOLDER = Path(".work/kafka")


@app.command("start")
def start(
    folder: _Folder = _FOLDER,
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0 for any free one.", min=0, max=65535)
    ] = 9092,
) -> None:
    """Start it, and return when it answers."""
    state = kafka_dev.start(folder, port)
    Console().print(
        f"Kafka answers at {state.bootstrap} (process {state.pid}); log in {folder / 'kafka.log'}"
    )


@app.command("stop")
def stop(folder: _Folder = _FOLDER) -> None:
    """Stop it cleanly."""
    Console().print("stopped" if kafka_dev.stop(folder) else f"no Kafka runs in {folder}")


@app.command("status")
def status(folder: _Folder = _FOLDER) -> None:
    """Say whether it runs; exit code 2 where it does not."""
    state = kafka_dev.status(folder)
    if state is None:
        raise BrokerUnavailableError(f"No Kafka runs in {folder}", "Start it by `patternwatch kafka start`")
    Console().print(f"Kafka runs at {state.bootstrap} (process {state.pid})")
