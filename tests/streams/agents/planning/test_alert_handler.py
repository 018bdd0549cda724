"""A firing alert becomes one request, unless the settings, its state or its age speak against it."""

import pytest

from patternwatch.contracts.errors import UnknownTenantError, WindowError
from patternwatch.contracts.topics import REQUESTS
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import an_alert
from tests.streams.agent_harness import ANALYSIS, AgentHarness


async def test_a_firing_alert_asks_for_an_analysis_once() -> None:
    harness = AgentHarness()
    handler = harness.alert_handler()
    await handler.on_alert(an_alert())
    await handler.on_alert(an_alert(received_at_ms=NOW_MS + 60_000))
    (request,) = harness.publisher.on(REQUESTS)
    assert (request.trigger, request.title, request.alert.fingerprint) == ("alert", "HighLatency", "f1")


async def test_a_resolved_alert_asks_for_nothing() -> None:
    harness = AgentHarness()
    await harness.alert_handler().on_alert(an_alert(status="resolved"))
    assert harness.publisher.sent == []


async def test_an_alert_that_is_not_to_be_analysed_asks_for_nothing() -> None:
    harness = AgentHarness()
    await harness.alert_handler().on_alert(an_alert(not_analysed="a heartbeat"))
    assert harness.publisher.sent == []


async def test_alerts_start_nothing_where_the_settings_say_so() -> None:
    harness = AgentHarness()
    settings = ANALYSIS.model_copy(update={"analyze_alerts": False})
    await harness.alert_handler(settings).on_alert(an_alert())
    assert harness.publisher.sent == []


async def test_an_alert_of_an_unknown_tenant_or_of_the_future_is_an_error() -> None:
    handler = AgentHarness().alert_handler()
    with pytest.raises(UnknownTenantError):
        await handler.on_alert(an_alert(tenant="stranger"))
    with pytest.raises(WindowError):
        await handler.on_alert(an_alert(starts_at_ms=NOW_MS + 3_600_000))
