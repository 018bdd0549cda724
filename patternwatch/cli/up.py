"""`patternwatch up`: Kafka, workers, API and page on this machine, over one's own Prometheus or Cortex."""

import asyncio
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer
from platformdirs import user_data_path
from pydantic import SecretStr, ValidationError
from rich.console import Console

from patternwatch.cli.local_stack import LocalStack, local_stack
from patternwatch.cli.serve import read_settings
from patternwatch.cli.sources import source_at
from patternwatch.cli.stop_signals import stop_as_by_ctrl_c
from patternwatch.contracts.checks import Check
from patternwatch.contracts.errors import InputError
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.renamed_settings import PREFIX
from patternwatch.contracts.settings import AnalysisSettings, LogSettings, SourceSettings, TenantSettings
from patternwatch.logs import configure_logs
from patternwatch.streams.settings import WorkerSettings

_OF_THE_STACK = ("KAFKA__", "SOURCE__", "TENANTS", "DATABASE_URL", "PORT", "METRICS_", "BENCH_", "API")
"""Settings that `up` makes itself, and variables that are none: not handed on."""


def command(
    source: Annotated[str, typer.Option(help="http://... of Prometheus or Cortex.")],
    tenant: Annotated[str, typer.Option(help="Tenant at the source (X-Scope-OrgID).")] = "default",
    selector: Annotated[
        str, typer.Option(help="Series to analyse for an alert that carries none of the scope labels.")
    ] = '{__name__=~".+"}',
    port: Annotated[
        int | None,
        typer.Option(
            help="Port of the page: by default the last one of the folder, else 8080.",
            min=0,
            max=65535,
            show_default=False,
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="How many worker processes.", min=1, max=8)] = 1,
    folder: Annotated[
        Path | None,
        typer.Option(
            help="Keeps topics, database and logs between runs; by default in the user's data folder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run everything on this machine over your own Prometheus or Cortex, until Ctrl-C.

    PATTERNWATCH_SOURCE__* variables give credentials, PATTERNWATCH_ANALYSIS__* say how to analyse.
    """
    stop_as_by_ctrl_c()
    console = Console(highlight=False, soft_wrap=True)
    known = read_settings(WorkerSettings)
    asked = _tenant(tenant, selector)
    settings = source_at(source)
    _preflight(console, settings, asked, known.analysis)
    place = folder if folder is not None else _own_folder()
    configure_logs(LogSettings(level="warning"))
    own = {"TENANTS": json.dumps([asked.model_dump()])} | source_variables(settings)
    console.print(f"data and logs: {place}; starting Kafka ...")
    try:
        with local_stack(handed_on(os.environ) | own, tenant, port, workers, place) as running:
            running.wait_until_ready()
            _say_where(console, running, tenant)
            running.serve()
    except KeyboardInterrupt:
        console.print(f"\nstopped; nothing is left running, and the data stays in {place}")


def source_variables(settings: SourceSettings) -> dict[str, str]:
    """The settings of a source as variables for a process, without the prefix; secrets included.

    >>> source_variables(SourceSettings(url="http://prometheus:9090", tries=5))
    {'SOURCE__URL': 'http://prometheus:9090', 'SOURCE__TRIES': '5'}
    >>> source_variables(SourceSettings(headers={"X-Api-Key": "secret"}, authorization_command=()))
    {'SOURCE__AUTHORIZATION_COMMAND': '[]', 'SOURCE__HEADERS': '{"X-Api-Key": "secret"}'}
    """
    changed = settings.model_dump(exclude_unset=True, exclude_none=True)
    return {f"SOURCE__{name.upper()}": _as_variable(value) for name, value in changed.items() if value != ""}


def _as_variable(value: object) -> str:
    """Lists and objects as JSON, secrets as they are."""
    if isinstance(value, dict):
        return json.dumps({name: _as_variable(each) for name, each in value.items()})
    if isinstance(value, tuple):
        return json.dumps(value)
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def handed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """The settings that the started processes share with this one, without the prefix.

    >>> handed_on({"PATTERNWATCH_ANALYSIS__COMPARE": "day", "PATTERNWATCH_PORT": "1", "HOME": "/"})
    {'ANALYSIS__COMPARE': 'day'}
    """
    ours = {k.upper().removeprefix(PREFIX): v for k, v in environment.items() if k.upper().startswith(PREFIX)}
    return {name: value for name, value in ours.items() if not name.startswith(_OF_THE_STACK)}


def _tenant(tenant: str, selector: str) -> TenantSettings:
    try:
        return TenantSettings(id=tenant, selector=selector)
    except ValidationError as error:
        raise InputError(
            f"Cannot look at tenant {tenant!r}: {first_problem(error)}", "Correct --tenant or --selector"
        ) from error


def _own_folder() -> Path:
    try:
        return user_data_path("patternwatch") / "up"
    except RuntimeError as error:
        raise InputError("This user has no home folder", "Name a folder by --folder, or set HOME") from error


def _preflight(
    console: Console, settings: SourceSettings, tenant: TenantSettings, analysis: AnalysisSettings
) -> None:
    """Try the source before anything is started; raise InputError where it cannot be used."""
    from patternwatch.cortex.preflight import check_source  # noqa: PLC0415 - imports the kernels

    checks = asyncio.run(check_source(settings, tenant, analysis))
    for check in checks:
        if check.verdict == "fail":
            raise InputError(_found(check), check.remedy)
        if check.verdict == "warn":
            console.print(f"[yellow]note:[/] {_found(check)}\n      {check.remedy}", markup=True)
    console.print("; ".join(check.finding for check in checks if check.verdict == "ok"), markup=False)


def _found(check: Check) -> str:
    return f"The {check.area}: {check.name}: {check.finding}"


def _say_where(console: Console, running: LocalStack, tenant: str) -> None:
    webhook = f"{running.url}/api/v1/tenants/{quote(tenant, safe='')}/webhooks/alertmanager"
    console.print(f"""
  The page: [bold blue]{running.url}/t/{quote(tenant, safe="")}[/]

  Alertmanager, in its configuration:

    receivers:
      - name: patternwatch
        webhook_configs:
          - url: {webhook}
            send_resolved: true

serving until Ctrl-C""")
