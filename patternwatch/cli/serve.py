"""`patternwatch worker` and `patternwatch api`: the two long-running processes.

Their rooms are imported on the call, so that the other commands start without Faust and FastAPI.
"""

import os
import re
from typing import Annotated, NoReturn, TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError

from patternwatch.cli.interpreter import share_between_threads
from patternwatch.cli.stop_signals import sigterm_ends_well
from patternwatch.cli.workers import supervise, worker_command, worker_environments
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.renamed_settings import check_names
from patternwatch.logs import configure_logs

S = TypeVar("S", bound=BaseSettings)

_NO_SETTINGS = ("PATTERNWATCH_BENCH_", "PATTERNWATCH_API")
"""Variables of the benchmarks, and of the page's development server."""


def worker(
    processes: Annotated[
        int,
        typer.Option(
            help="How many workers, each a process of its own; one that ends is started again. "
            "The first serves its metrics on PATTERNWATCH_METRICS_PORT, the others on the ports after it.",
            min=1,
            max=256,
        ),
    ] = 1,
) -> None:
    """Run a worker: planner, analyst, collector and watcher on Kafka. Settings: PATTERNWATCH_* variables."""
    if processes > 1:
        _workers(processes)
    from patternwatch.streams.main import leave, run  # noqa: PLC0415
    from patternwatch.streams.settings import WorkerSettings  # noqa: PLC0415

    share_between_threads()
    leave(run(read_settings(WorkerSettings)))


def _workers(processes: int) -> NoReturn:
    """Keep several running; the settings are checked here, once, before any of them starts."""
    from patternwatch.streams.settings import WorkerSettings  # noqa: PLC0415

    settings = read_settings(WorkerSettings)
    configure_logs(settings.log)
    environments = worker_environments(dict(os.environ), processes, settings.metrics_port)
    raise typer.Exit(supervise(worker_command(), environments, settings.stop_timeout_s))


def api() -> None:
    """Run the HTTP API with its page. Settings: PATTERNWATCH_* variables."""
    from patternwatch.api.main import run  # noqa: PLC0415
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415

    share_between_threads()
    with sigterm_ends_well():
        run(read_settings(ApiSettings))


def _not_json(error: SettingsError) -> str:
    """Which setting is a list or a table, and cannot be read as one: pydantic names its group only."""
    found = re.search(r'field "(\w+)"', str(error))
    if found is None:
        return str(error)
    given = sorted(name for name in os.environ if name.startswith(f"PATTERNWATCH_{found[1].upper()}"))
    which = given[0] if len(given) == 1 else f"one of {', '.join(given)}"
    return f'{which} is not JSON, as lists and tables are given: ["one", "two"] or {{"name": "value"}}'


def read_settings(kind: type[S]) -> S:
    """A process's settings from its environment; raises InputError that names what is wrong.

    The processes share one environment, so a setting of the other one is no mistake; nor is a variable of
    the programs beside them (`_NO_SETTINGS`).
    """
    from patternwatch.api.settings import ApiSettings  # noqa: PLC0415
    from patternwatch.streams.settings import WorkerSettings  # noqa: PLC0415

    environment = {k: v for k, v in os.environ.items() if not k.startswith(_NO_SETTINGS)}
    check_names(environment, (*WorkerSettings.model_fields, *ApiSettings.model_fields))
    try:
        return kind()
    except (ValidationError, SettingsError) as error:
        said = first_problem(error) if isinstance(error, ValidationError) else _not_json(error)
        raise InputError(
            f"The settings are not right: {said}", "See docs/settings.md for every PATTERNWATCH_*"
        ) from error
