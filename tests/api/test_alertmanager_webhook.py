import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.api.alertmanager import alerts_of, read_webhook
from patternwatch.contracts.errors import WebhookError
from patternwatch.contracts.ids import alert_fingerprint
from patternwatch.contracts.messages import Alert

WIRE = Path(__file__).parents[1] / "fixtures" / "wire"


def body(**alert: Any) -> bytes:
    one = {"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-11-23T09:20:44Z"} | alert
    return json.dumps({"version": "4", "groupKey": "g", "alerts": [one]}).encode()


def read(raw: bytes) -> list[Alert]:
    return alerts_of(read_webhook(raw), "a", 7)


def test_a_firing_group_that_alertmanager_posted_is_read() -> None:
    first, second = read((WIRE / "alertmanager_webhook.json").read_bytes())
    assert first.fingerprint == "ac93ab3c3b97835f"
    assert first.name == "SeriesAnomaly"
    assert first.labels["cluster"] == "prod-0"
    assert first.annotations["description"] == "score 7.3"
    assert first.starts_at_ms == 1795425644000
    assert first.ends_at_ms is None
    assert first.group_key == '{}:{alertname="SeriesAnomaly", cluster="prod-0"}'
    assert first.received_at_ms == 7
    assert second.starts_at_ms == 1795425644033


def test_status_and_end_are_each_alerts_own() -> None:
    resolved, firing = read((WIRE / "alertmanager_webhook_2.json").read_bytes())
    assert (resolved.status, resolved.ends_at_ms) == ("resolved", 1795425648000)
    assert (firing.status, firing.ends_at_ms) == ("firing", None)


@pytest.mark.parametrize("name", sorted(p.name for p in WIRE.glob("alertmanager_webhook*.json")))
def test_every_body_that_alertmanager_posted_is_read(name: str) -> None:
    assert len(read((WIRE / name).read_bytes())) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.001999999Z", 1),
        ("1970-01-01T00:00:00.9Z", 900),
        ("1970-01-01t01:00:00+01:00", 0),
        ("1969-12-31T23:30:00-00:30", 0),
        ("1969-12-31T23:59:59.5z", -500),
    ],
)
def test_times_are_read_to_the_millisecond(text: str, expected: int) -> None:
    assert read(body(startsAt=text))[0].starts_at_ms == expected


@given(st.datetimes(), st.integers(0, 999_999_999))
def test_any_rfc_3339_time_is_read_and_cut_off(moment: Any, nanoseconds: int) -> None:
    text = moment.replace(microsecond=0).isoformat().rjust(19, "0") + f".{nanoseconds:09d}Z"
    if moment.year == 1:
        with pytest.raises(WebhookError, match="zero time"):
            read(body(startsAt=text))
        return
    ms = read(body(startsAt=text))[0].starts_at_ms
    assert ms % 1000 == nanoseconds // 1_000_000


def test_a_missing_fingerprint_is_made_from_the_labels() -> None:
    one = read(body())[0]
    assert one.fingerprint == alert_fingerprint({"alertname": "A"})
    assert one.fingerprint == read(body(annotations={"x": "y"}))[0].fingerprint
    assert one.fingerprint != read(body(labels={"alertname": "B"}))[0].fingerprint


def test_a_firing_alert_with_an_expiry_has_not_ended() -> None:
    assert read(body(endsAt="2026-11-23T09:25:44Z"))[0].ends_at_ms is None


def test_a_resolved_alert_may_come_without_its_end() -> None:
    assert read(body(status="resolved"))[0].ends_at_ms is None
    assert read(body(status="resolved", endsAt="0001-01-01T00:00:00Z"))[0].ends_at_ms is None


def test_a_group_without_alerts_holds_none() -> None:
    assert read(b'{"version":"4","alerts":[]}') == []


def test_fields_of_a_newer_alertmanager_are_passed_over() -> None:
    assert read(body(silencedBy=["x"]))


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"version":"4","alerts":[NaN]}', "not JSON"),
        (b"[]", "list, not an object"),
        (b"null", "NoneType, not an object"),
        (b"{}", "no version"),
        (b'{"version":4,"alerts":[]}', "version 4 "),
        (b'{"version":"3","alerts":[]}', "version '3'"),
        (b'{"version":"4"}', "field alerts is wrong"),
        (b'{"version":"4","alerts":{}}', "field alerts is wrong"),
        (b'{"version":"4","alerts":[7]}', "field alerts.0 is wrong"),
        (body(status="pending"), "field alerts.0.status is wrong"),
        (body(labels=None), "field alerts.0.labels is wrong"),
        (body(labels={"a": 1}), "field alerts.0.labels.a is wrong"),
        (body(labels={"": "x"}), "field alerts.0.labels"),
        (body(startsAt=None), "field alerts.0.startsAt is wrong"),
        (body(startsAt="yesterday"), "field alerts.0.startsAt is no RFC 3339 time"),
        (body(startsAt="2026-11-23"), "field alerts.0.startsAt is no RFC 3339 time"),
        (body(startsAt="2026-11-23T09:20:44"), "field alerts.0.startsAt is no RFC 3339 time"),
        (body(startsAt="2026-13-23T09:20:44Z"), "field alerts.0.startsAt is no time"),
        (body(startsAt="0001-01-01T00:00:00Z"), "field alerts.0.startsAt is the zero time"),
        (body(endsAt="soon"), "field alerts.0.endsAt is no RFC 3339 time"),
        (body(fingerprint="a/b"), "field alerts.0.fingerprint is wrong"),
    ],
)
def test_a_body_that_is_no_such_webhook_is_refused_with_the_field(raw: bytes, said: str) -> None:
    with pytest.raises(WebhookError, match="(?i)" + said.replace(".", r"\.")):
        read(raw)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=12,
    )
)
def test_no_json_does_anything_but_be_read_or_refused(value: Any) -> None:
    for raw in (json.dumps(value), json.dumps({"version": "4", "alerts": [value]})):
        try:
            read(raw.encode())
        except WebhookError as error:
            assert error.remedy
