import pytest

from patternwatch.analysis.planning.requests import request_for_alert, request_for_selector
from patternwatch.contracts.errors import SelectorError, WindowError
from patternwatch.contracts.ids import request_id_for_alert
from patternwatch.contracts.instants import instant
from patternwatch.contracts.matchers import format_selector
from patternwatch.contracts.requests import AnalysisRequest
from patternwatch.contracts.settings import AnalysisSettings, TenantSettings
from tests.analysis.incidents import alert_at

SETTINGS = AnalysisSettings()
STEP = SETTINGS.step_ms
NOW = 1_760_000_010_000 // STEP * STEP
TENANT = TenantSettings(id="default", selector='{env="prod"}')


def test_an_alert_is_split_at_its_start_and_looks_up_to_now() -> None:
    alert = alert_at(NOW - 5 * STEP)
    request = request_for_alert(alert, TENANT, SETTINGS, NOW)
    assert request.request_id == request_id_for_alert("default", "f1", NOW - 5 * STEP)
    assert request.window.end_ms == NOW
    assert request.window.rows == SETTINGS.rows
    assert request.window.split_ms == NOW - 5 * STEP
    assert request.title == "HighLatency"
    assert (request.trigger, request.tenant, request.alert) == ("alert", "default", alert)
    assert request.requested_at_ms == NOW
    assert format_selector(request.matchers) == '{cluster="shop"}'


def test_a_window_holds_ten_minutes_however_short_the_step() -> None:
    def rows(step_ms: int) -> int:
        settings = AnalysisSettings(step_ms=step_ms)
        window = request_for_alert(alert_at(NOW - 5 * STEP), TENANT, settings, NOW).window
        return window.rows

    assert [rows(step_ms) for step_ms in (15_000, 5_000, 2_000)] == [SETTINGS.rows] * 3
    assert rows(1_000) == 600
    assert rows(100) == 1200, "the most that a setting may ask for"
    asked = AnalysisSettings(step_ms=1_000, rows=200)
    assert request_for_alert(alert_at(NOW), TENANT, asked, NOW).window.rows == 200


def test_an_alert_without_scope_labels_looks_at_the_tenants_series() -> None:
    alert = alert_at(NOW).model_copy(update={"labels": {"alertname": "Down"}})
    assert format_selector(request_for_alert(alert, TENANT, SETTINGS, NOW).matchers) == '{env="prod"}'


def test_every_scope_label_counts() -> None:
    settings = AnalysisSettings(scope_labels=("cluster", "namespace"))
    alert = alert_at(NOW).model_copy(update={"labels": {"cluster": "a", "namespace": "b"}})
    matchers = request_for_alert(alert, TENANT, settings, NOW).matchers
    assert format_selector(matchers) == '{cluster="a",namespace="b"}'


def test_a_scope_label_may_have_dots() -> None:
    settings = AnalysisSettings(scope_labels=("k8s.cluster.name",))
    alert = alert_at(NOW).model_copy(update={"labels": {"k8s.cluster.name": "a"}})
    matchers = request_for_alert(alert, TENANT, settings, NOW).matchers
    assert format_selector(matchers) == '{"k8s.cluster.name"="a"}'


def test_an_old_alert_is_looked_at_in_its_own_time() -> None:
    at = NOW - 1000 * STEP
    window = request_for_alert(alert_at(at), TENANT, SETTINGS, NOW).window
    assert window.end_ms == at + 60 * STEP
    assert window.split_row == SETTINGS.rows - 61


def by_selector(
    selector: str = '{a="b"}', at: int = NOW - STEP, end: int | None = None, title: str = ""
) -> AnalysisRequest:
    return request_for_selector("default", selector, at, end, title, SETTINGS, NOW, "r1")


def test_a_selector_is_asked_for_by_a_person() -> None:
    request = by_selector(end=NOW)
    assert (request.trigger, request.request_id, request.title) == ("manual", "r1", '{a="b"}')
    assert request.window.end_ms == NOW
    assert by_selector(title="why").title == "why"


@pytest.mark.parametrize("selector", ["", "{}", '{a=~".*"}', "{a=b}"])
def test_a_selector_that_selects_everything_or_cannot_be_read_is_refused(selector: str) -> None:
    with pytest.raises(SelectorError):
        by_selector(selector)


@pytest.mark.parametrize(
    ("at", "end", "problem", "remedy"),
    [
        (
            NOW + STEP + 1,
            None,
            f"The time to look at ({instant(NOW + STEP + 1)}) lies in the future (now is {instant(NOW)})",
            "Give a time that has passed, and check the clocks",
        ),
        (
            NOW - STEP,
            NOW + STEP + 1,
            f"The end of the window ({instant(NOW + STEP + 1)}) lies in the future (now is {instant(NOW)})",
            "Give an end that has passed, or none",
        ),
    ],
)
def test_the_future_is_refused(at: int, end: int | None, problem: str, remedy: str) -> None:
    with pytest.raises(WindowError) as refused:
        by_selector(at=at, end=end)
    assert (refused.value.problem, refused.value.remedy) == (problem, remedy)


def test_clocks_may_differ_by_a_step() -> None:
    assert by_selector(at=NOW + STEP).window.end_ms == NOW + STEP
    assert by_selector(end=NOW + STEP).window.end_ms == NOW + STEP


def test_a_window_has_as_many_rows_as_the_settings_say() -> None:
    longer = SETTINGS.model_copy(update={"rows": 400})
    of_person = request_for_selector("default", '{a="b"}', NOW - STEP, None, "", longer, NOW, "r1")
    assert of_person.window.rows == 400


def test_a_time_long_before_the_end_is_refused() -> None:
    with pytest.raises(WindowError, match="before the window"):
        by_selector(at=NOW - 1000 * STEP, end=NOW)


def test_every_request_compares_as_the_settings_say() -> None:
    weekly = SETTINGS.model_copy(update={"compare": "week"})
    assert request_for_alert(alert_at(NOW), TENANT, weekly, NOW).compare == "week"
    person = request_for_selector("default", '{a="b"}', NOW - STEP, None, "", weekly, NOW, "r1")
    assert person.compare == "week"
    assert by_selector().compare == "none"


@pytest.mark.parametrize("ahead_ms", [1, 45_000, 600_000])
def test_an_alert_whose_senders_clock_is_ahead_is_split_now(ahead_ms: int) -> None:
    request = request_for_alert(alert_at(NOW + ahead_ms), TENANT, SETTINGS, NOW)
    assert (request.window.split_ms, request.window.end_ms) == (NOW, NOW)
    assert request.request_id == request_id_for_alert("default", "f1", NOW + ahead_ms)
    assert ["in the future" in note for note in request.notes] == [True] * (ahead_ms > STEP)


def test_an_alert_of_the_future_is_refused_by_the_clock_that_received_it() -> None:
    late = alert_at(NOW + 600_001).model_copy(update={"received_at_ms": NOW})
    with pytest.raises(WindowError, match="begins 10 min in the future"):
        request_for_alert(late, TENANT, SETTINGS, NOW)
    promised = late.model_copy(update={"received_at_ms": NOW + 1})
    assert request_for_alert(promised, TENANT, SETTINGS, NOW).window.split_ms == NOW


@pytest.mark.parametrize("at", [-86_400_000, 0, 239 * STEP - 1])
def test_a_time_before_there_were_samples_is_refused_at_once(at: int) -> None:
    with pytest.raises(WindowError, match="too near to 1970"):
        by_selector(at=at)
