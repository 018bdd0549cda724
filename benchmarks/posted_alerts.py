"""Alerts posted to a running stack, and their analyses followed to the report, as the page follows them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from benchmarks.filled_prometheus import Filled
from benchmarks.made_up_series import CHANGED_JOB
from patternwatch.cli.local_stack import LocalStack
from patternwatch.cli.times import timestamp
from patternwatch.contracts.codec import decode
from patternwatch.contracts.report import Report
from patternwatch.contracts.settings import AnalysisSettings

TENANT = "bench"
STEP_MS = AnalysisSettings().step_ms
ALERTS_OF_ANY_AGE = {"ANALYSIS__MAX_ALERT_AGE_S": "1e9"}
"""The samples have fixed times, so that they are the same in every run."""
NO_JOINING = {"ANALYSIS__JOIN_S": "0", "ANALYSIS__COOLDOWN_S": "0"}
POLL_S = 0.005
REPORT_S = 120.0
"""An alert without a report after this long ends the run with an error."""


@dataclass(frozen=True)
class Answered:
    """A report and the way to it: wall times (Unix seconds) by what was heard of at them.

    `posted`, `accepted`, `planned`, `scanned` (the last shard is in), `concluded`, `read`
    """

    report: Report
    times: dict[str, float]

    @property
    def seconds(self) -> float:
        """From the posted alert until the report was read."""
        return self.times["read"] - self.times["posted"]


def answered(client: httpx.Client, running: LocalStack, webhook: dict[str, Any]) -> Answered:
    """Post the alert, follow its analysis to the end, read the report; exits where none comes."""
    times = {"posted": time.time()}
    posted = client.post("/webhooks/alertmanager", json=webhook).raise_for_status()
    times["accepted"] = time.time()
    request_id = posted.json()["alerts"][0]["request_id"]
    until = time.monotonic() + REPORT_S

    def heard(line: str) -> None:
        running.children.check()
        if time.monotonic() > until:
            raise SystemExit(f"no report after {REPORT_S:g} s:\n{running.children.log_tails()}")
        if line.startswith("data: "):
            _note(times, orjson.loads(line.removeprefix("data: ")))

    while not _is_over(client, f"/analyses/{request_id}/events", heard):
        time.sleep(POLL_S)
    answer = client.get(f"/reports/{request_id}")
    times["read"] = time.time()
    if answer.status_code != httpx.codes.OK:
        raise SystemExit(f"the analysis is over, but its report is answered {answer.status_code}")
    return Answered(decode(answer.content, Report), times)


def _note(times: dict[str, float], progress: dict[str, Any]) -> None:
    """Note when a stage began to be known; an event stream that opens late knows the last one only."""
    now, stage = time.time(), progress["stage"]
    if stage != "accepted":
        times.setdefault("planned", now)
    if stage == "concluded" or (stage == "analysing" and progress["done"] == progress["of"]):
        times.setdefault("scanned", now)
    if stage == "concluded":
        times.setdefault("concluded", now)


def _is_over(client: httpx.Client, events: str, heard: Callable[[str], None]) -> bool:
    """Read the event stream to its end, which is the analysis's; False where the API knows of none yet."""
    with client.stream("GET", events) as stream:
        for line in stream.iter_lines():  # a quiet one has a line every 15 s
            heard(line)
        return stream.status_code == httpx.codes.OK


def check(report: Report, series: int) -> None:
    """Exit where the report was not worth measuring: of less than everything, or blind to the change."""
    if report.status != "complete":
        raise SystemExit(f"the report is {report.status}: {report.reason}")
    if report.counts.selected != series:
        raise SystemExit(f"the report is made of {report.counts.selected} series, not of {series}")
    if not report.entities or report.entities[0].entity != CHANGED_JOB:
        names = [entity.entity for entity in report.entities[:3]]
        raise SystemExit(f"{CHANGED_JOB} has changed, but the report names {names}")


def webhook_of(server: Filled, number: int) -> dict[str, Any]:
    """The body that Alertmanager would post; the alert begins as series change.

    number  makes its fingerprint: alerts of other numbers are other alerts
    """
    labels = {"alertname": "SlowOrFailing", "cluster": "bench", "severity": "page", "number": str(number)}
    alert = {
        "status": "firing",
        "labels": labels,
        "annotations": {"summary": "Slow answers or errors"},
        "startsAt": timestamp(server.changed_ms),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "",
    }
    return {
        "version": "4",
        "groupKey": '{}:{alertname="SlowOrFailing"}',
        "status": "firing",
        "alerts": [alert],
    }
