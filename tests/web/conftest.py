"""The whole way, running, and a real browser that looks at it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from patternwatch.cli.local_stack import is_ready, local_stack
from patternwatch.cli.replay import Replay
from tests.support import require_program

ROOT = Path(__file__).resolve().parents[2]
INCIDENT = ROOT / "examples" / "incidents" / "orders-pool-leak.parquet"
PAGE = ROOT / "webui" / "dist" / "index.html"
TENANT = "shop"

expect.set_options(timeout=60_000)  # what is there after a moment may take longer on a busy machine


@dataclass(frozen=True, slots=True)
class Site:
    """A running patternwatch with one firing alert, not analysed yet."""

    url: str
    tenant: str
    alert: str
    causes: frozenset[str]
    """The services that the recorded fault was injected into."""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """Real Kafka, worker and API over a recorded incident; an alert has come in by the webhook."""
    for program in ("java", "mvn", "npm"):
        require_program(program)
    if not PAGE.is_file():
        pytest.fail("the page has not been built: run `make web`")
    replay = Replay.of(INCIDENT, int(time.time() * 1000))
    settings = replay.settings() | {"ANALYSIS__ANALYZE_ALERTS": "false"}
    with local_stack(settings, TENANT, port=0) as way:
        way.wait("the API", lambda: is_ready(way.url))
        body = replay.webhook()
        httpx.post(
            f"{way.url}/api/v1/tenants/{TENANT}/webhooks/alertmanager", json=body, timeout=60
        ).raise_for_status()
        truth = replay.incident.truth
        assert truth is not None
        yield Site(way.url, TENANT, body["alerts"][0]["labels"]["alertname"], frozenset(truth.services))


@pytest.fixture(scope="module")
def browser(site: Site) -> Iterator[Browser]:
    """Debian's Chromium, without a window. It opens after the site is up and closes before it goes down:

    Playwright's synchronous API keeps an event loop running, and Kafka's start and stop each need their own.
    """
    path = require_program("chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()
