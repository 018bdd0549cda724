"""`patternwatch demo`: a recorded incident, replayed as if it were happening now, over the whole way."""

import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from patternwatch.cli.local_stack import DEFAULT_PORT, LocalStack, local_stack
from patternwatch.cli.replay import Replay
from patternwatch.cli.stop_signals import stop_as_by_ctrl_c
from patternwatch.cli.table import print_report
from patternwatch.client import ApiClient
from patternwatch.contracts.errors import PatternwatchError
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import LogSettings
from patternwatch.logs import configure_logs
from patternwatch.shipped import shipped

INCIDENT = shipped("cli/incidents/orders-pool-leak.parquet", "examples/incidents/orders-pool-leak.parquet")
"""The smallest of the recordings with a fault: a wheel holds this one."""
TENANT = "demo"
_TOP = 3


def command(
    incident: Annotated[Path, typer.Option(help="The recording to replay.", show_default=False)] = INCIDENT,
    check: Annotated[
        bool, typer.Option(help="Assert that the true cause is in the top 3, and exit.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Port of the page; any free one where it is taken.", min=0, max=65535)
    ] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(help="How many worker processes.", min=1, max=8)] = 1,
) -> None:
    """Start Kafka, workers and the API, send an alert, show the report, and serve it until Ctrl-C."""
    stop_as_by_ctrl_c()
    console = Console(highlight=False)
    replay = Replay.of(incident.resolve(), int(time.time() * 1000))
    configure_logs(LogSettings(level="warning"))
    console.print(f"replaying [bold]{replay.path.name}[/] as if it were happening now; starting Kafka ...")
    try:
        with local_stack(replay.settings(), TENANT, port, workers) as running:
            report = _alert(console, running, replay)
            if check:
                _check(console, replay, report)
            else:
                _serve(console, running, report)
    except KeyboardInterrupt:
        console.print("\nstopped; nothing is left running")


def _alert(console: Console, running: LocalStack, replay: Replay) -> Report:
    """Send the alert, wait for its report, print it."""
    with ApiClient(running.url, TENANT, timeout_s=10) as client:
        running.wait_until_ready()
        console.print(f"Kafka answers at {running.bootstrap}, the workers are ready; sending the alert")
        sent = time.monotonic()
        (request_id,) = client.send_alerts(replay.webhook())
        assert request_id is not None, "a firing alert starts an analysis"
        report = running.wait("the report", lambda: client.find_report(request_id))
    print_report(console, report, top=10)
    console.print(f"alert to report: {time.monotonic() - sent:.1f} s")
    return report


def _check(console: Console, replay: Replay, report: Report) -> None:
    truth = replay.incident.truth.services if replay.incident.truth else []
    top = [e.entity for e in report.entities[:_TOP]]
    if not set(truth) & set(top):
        raise PatternwatchError(
            f"The true cause {truth} is not in the top {_TOP}: {top}", "Look at its report with `analyze`"
        )
    console.print(f"[green]check passed[/]: {', '.join(truth)} is in the top {_TOP}: {', '.join(top)}")


def _serve(console: Console, running: LocalStack, report: Report) -> None:
    page = f"{running.url}/t/{TENANT}/reports/{report.report_id}"
    console.print(f"\n  The report's page: [bold blue]{page}[/]\n\nserving until Ctrl-C")
    running.serve()
