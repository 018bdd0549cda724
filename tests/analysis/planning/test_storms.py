"""Which alerts are of one trouble."""

import pytest

from patternwatch.analysis.planning.requests import request_for_alert
from patternwatch.analysis.planning.storms import joined_analysis, joins
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings
from tests.fakes.clock import NOW_MS
from tests.fakes.messages import TENANT, an_alert

SETTINGS = AnalysisSettings(step_ms=15_000)
FIRST_MS = NOW_MS - 3_600_000


def begun(requested_s: float = 60.0, **changes: object) -> AnalysisRequest:
    """The analysis of an alert that began at FIRST_MS, asked for so much later."""
    alert = an_alert(starts_at_ms=FIRST_MS, fingerprint="first", **changes)
    now_ms = FIRST_MS + round(requested_s * 1000)
    return request_for_alert(alert, TenantSettings(id=TENANT), SETTINGS, now_ms)


def joined(
    after_s: float, *, heard_s: float = 7200.0, settings: AnalysisSettings = SETTINGS, **changes: object
) -> bool:
    """Whether an alert that begins so much later, heard of `heard_s` after the first began, joins it."""
    fields: dict[str, object] = {"fingerprint": "other", "starts_at_ms": FIRST_MS + round(after_s * 1000)}
    first = begun(group_key="{}:{alertname=~}")
    return joins(
        an_alert(**fields | changes), first.matchers, first, settings, FIRST_MS + round(heard_s * 1000)
    )


@pytest.mark.parametrize(
    ("after_s", "together"), [(0, True), (300, True), (-300, True), (301, False), (-301, False)]
)
def test_alerts_that_begin_within_five_minutes_are_of_one_trouble(after_s: float, *, together: bool) -> None:
    assert joined(after_s) is together


@pytest.mark.parametrize(
    ("after_s", "group_key", "together"),
    [
        (900, "{}:{alertname=~}", True),
        (901, "{}:{alertname=~}", False),
        (900, "{}:{other}", False),
        (900, "", False),
        (-301, "{}:{alertname=~}", False),
    ],
)
def test_alerts_of_one_group_are_as_long_as_the_analysis_looks(
    after_s: float, group_key: str, *, together: bool
) -> None:
    assert joined(after_s, group_key=group_key) is together


@pytest.mark.parametrize(
    ("after_s", "heard_s", "together"), [(301, 359, True), (301, 360, False), (-301, 359, False)]
)
def test_a_scope_that_has_just_been_analysed_is_not_analysed_again(
    after_s: float, heard_s: float, *, together: bool
) -> None:
    assert joined(after_s, heard_s=heard_s) is together


def test_the_settings_widen_it_or_end_it() -> None:
    apart = SETTINGS.model_copy(update={"join_s": 0.0, "cooldown_s": 0.0})
    assert not joined(0, heard_s=61, settings=apart)
    assert not joined(100, heard_s=110, settings=apart, group_key="{}:{alertname=~}")
    assert joined(3000, settings=SETTINGS.model_copy(update={"join_s": 3600.0}))


def test_other_series_another_tenant_or_a_person_have_an_analysis_of_their_own() -> None:
    alert, first = an_alert(starts_at_ms=FIRST_MS, fingerprint="other"), begun()
    assert joins(alert, first.matchers, first, SETTINGS, NOW_MS)
    assert not joins(alert, (), first, SETTINGS, NOW_MS)
    assert not joins(alert.model_copy(update={"tenant": "b"}), first.matchers, first, SETTINGS, NOW_MS)
    by_hand = first.model_copy(update={"trigger": "manual"})
    assert not joins(alert, first.matchers, by_hand, SETTINGS, NOW_MS)


def test_of_several_analyses_the_nearest_is_joined() -> None:
    near, far = begun(), begun().model_copy(update={"request_id": "far"})
    assert far.alert is not None
    far = far.model_copy(update={"alert": far.alert.model_copy(update={"starts_at_ms": FIRST_MS - 200_000})})
    alert = an_alert(starts_at_ms=FIRST_MS - 50_000, fingerprint="other")
    for analyses in ([near, far], [far, near]):
        assert joined_analysis(alert, near.matchers, analyses, SETTINGS, NOW_MS) is near
