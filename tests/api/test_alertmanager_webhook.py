import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.api.alertmanager import alerts_of, read_webhook
from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.errors import WebhookError
from patternwatch.contracts.ids import alert_fingerprint

WIRE = Path(__file__).parents[1] / "fixtures" / "wire"


def body(**alert: Any) -> bytes:
    one = {"status": "firing", "labels": {"alertname": "A"}, "startsAt": "2026-11-23T09:20:44Z"} | alert
    return json.dumps({"version": "4", "groupKey": "g", "alerts": [one]}).encode()


def read(raw: bytes) -> list[Alert]:
    alerts, rejected = alerts_of(read_webhook(raw), "a", 7)
    assert rejected == []
    return list(alerts.values())


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
        ("1970-01-01 00:00:00Z", 0),
        ("1970-01-01T01:00:00+0100", 0),
        ("1970-01-01 00:00:00 +0000 UTC", 0),
        ("1970-01-01 01:00:00.25 +0100 CET m=+0.02", 250),
        ("1969-12-31 21:00:00 -0300 -03", 0),
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


def test_a_fingerprint_that_cannot_be_part_of_an_address_is_made_from_the_labels_too() -> None:
    for given_fingerprint in ("a/b", "f" * 129, 7, None):
        assert read(body(fingerprint=given_fingerprint))[0].fingerprint == alert_fingerprint(
            {"alertname": "A"}
        )


def test_no_annotation_is_a_reason_to_refuse_an_alert() -> None:
    (alert,) = read(body(annotations={"a": 5, "b": None, "c": ["d"], "e": "f"}))
    assert alert.annotations == {"a": "5", "b": "", "c": '["d"]', "e": "f"}


def test_labels_that_are_numbers_are_read_as_text() -> None:
    (alert,) = read(body(labels={"alertname": "A", "port": 8080, "canary": True, "pod": None}))
    assert alert.labels == {"alertname": "A", "port": "8080", "canary": "true", "pod": ""}


@pytest.mark.parametrize("state", ["active", "suppressed", "unprocessed"])
def test_what_alertmanagers_api_lists_may_be_passed_on(state: str) -> None:
    one = json.loads(body())["alerts"][0] | {"status": {"state": state, "silencedBy": [], "inhibitedBy": []}}
    assert [alert.status for alert in read(json.dumps([one]).encode())] == ["firing"]


def test_who_posts_to_alertmanagers_api_need_not_say_when_it_began() -> None:
    (alert,) = read(b'[{"labels":{"alertname":"A"}}]')
    assert (alert.status, alert.starts_at_ms) == ("firing", 7)


def test_a_firing_alert_with_an_expiry_has_not_ended() -> None:
    assert read(body(endsAt="2026-11-23T09:25:44Z"))[0].ends_at_ms is None


def test_a_resolved_alert_may_come_without_its_end() -> None:
    assert read(body(status="resolved"))[0].ends_at_ms is None
    assert read(body(status="resolved", endsAt="0001-01-01T00:00:00Z"))[0].ends_at_ms is None


def test_a_group_without_alerts_holds_none() -> None:
    assert read(b'{"version":"4","alerts":[]}') == []


def test_a_byte_order_mark_is_passed_over() -> None:
    assert read(b"\xef\xbb\xbf" + body())


def test_fields_of_a_newer_alertmanager_are_passed_over() -> None:
    assert read(body(silencedBy=["x"]))


@pytest.mark.parametrize("version", ["1", "5", 4, None])
def test_the_version_is_a_hint_and_the_alerts_shape_decides(version: object) -> None:
    raw = json.loads(body()) | {"version": version}
    assert [alert.name for alert in read(json.dumps(raw).encode())] == ["A"]


GRAFANA: dict[str, Any] = {
    "receiver": "patternwatch",
    "status": "firing",
    "orgId": 1,
    "groupLabels": {"grafana_folder": "shop"},
    "groupKey": '{}:{grafana_folder="shop"}',
    "truncatedAlerts": 0,
    "title": "[FIRING:2] shop",
    "state": "alerting",
    "message": "**Firing**",
    "version": "1",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": "Payment errors", "grafana_folder": "shop", "service": "payment"},
            "annotations": {"summary": "many"},
            "startsAt": "2026-11-23T11:20:44.123456789+02:00",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": "https://grafana.example/alerting/grafana/x/view?orgId=1",
            "fingerprint": "c6eadffa33fcdf37",
            "silenceURL": "https://grafana.example/alerting/silence/new",
            "imageURL": "https://grafana.example/x.png",
            "dashboardURL": "",
            "panelURL": "",
            "values": {"A": 0.31},
            "valueString": "[ var='A' labels={service=payment} value=0.31 ]",
        },
        {
            "status": "firing",
            "labels": {"alertname": "DatasourceNoData", "rulename": "Orders", "datasource_uid": "P1"},
            "annotations": None,
            "startsAt": "2026-11-23T09:20:44Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "generatorURL": None,
            "fingerprint": None,
            "values": None,
            "valueString": "",
        },
    ],
}


def test_grafanas_contact_point_is_read_and_a_rule_without_data_bears_its_own_name() -> None:
    errors, no_data = read(json.dumps(GRAFANA).encode())
    assert (errors.name, errors.status, errors.starts_at_ms) == ("Payment errors", "firing", 1795425644123)
    assert (no_data.name, no_data.annotations, no_data.generator_url) == (
        "Orders (DatasourceNoData)",
        {},
        "",
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [("Alerting", "firing"), ("ok", "resolved"), ("no_data", "firing"), ("Error", "firing")],
)
def test_senders_have_other_words_for_a_state(word: str, expected: str) -> None:
    assert read(body(status=word))[0].status == expected


def test_alerts_as_prometheus_and_vmalert_post_them_fire_until_their_end_has_come() -> None:
    one = {"labels": {"alertname": "A"}, "annotations": {}, "startsAt": "1970-01-01T00:00:00Z"}
    ends = ["1970-01-01T00:04:00Z", "1970-01-01T00:00:00.007Z", "0001-01-01T00:00:00Z"]
    posted = [one | {"endsAt": end, "generatorURL": "http://vmalert:8880/x"} for end in ends]
    firing, resolved, endless = read(json.dumps(posted).encode())
    assert (firing.status, firing.ends_at_ms) == ("firing", None)
    assert (resolved.status, resolved.ends_at_ms) == ("resolved", 7)
    assert (endless.status, endless.ends_at_ms) == ("firing", None)


def test_a_bad_alert_among_good_ones_is_named_and_the_others_are_taken() -> None:
    good = json.loads(body())["alerts"][0]
    group = [good, good | {"startsAt": "0001-01-01T00:00:00Z"}, 7, good | {"labels": {"alertname": "B"}}]
    raw = json.dumps({"version": "4", "alerts": group}).encode()
    taken, rejected = alerts_of(read_webhook(raw), "a", 7)
    assert {index: alert.name for index, alert in taken.items()} == {0: "A", 3: "B"}
    assert [one.index for one in rejected] == [1, 2]
    assert "alerts.1.startsAt is the zero time" in rejected[0].reason


def test_a_group_of_bad_alerts_only_is_refused_with_their_number() -> None:
    raw = json.dumps({"version": "4", "alerts": [{}, {}, {}]}).encode()
    with pytest.raises(WebhookError, match=r"alerts\.0\.labels.* \(and 2 more alerts\)"):
        alerts_of(read_webhook(raw), "a", 7)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"version":"4","alerts":[NaN]}', "not JSON"),
        (b"7", "a number, not an object"),
        (b"null", "The body is null, not an object"),
        (b"true", "The body is true, not an object"),
        (b'"x"', "The body is a string, not an object"),
        (b"{}", "The body has no field alerts, a list of them. "),
        (b'{"version":"3"}', "version '3'"),
        (b'{"version":"4"}', "has no field alerts"),
        (b'{"alerts":[{"labels":{"a":"b"}}]}', "field alerts.0.startsAt is wrong: it is missing"),
        (b'{"version":"4","alerts":{}}', "field alerts is an object, not a list"),
        (b'{"version":"4","alerts":[7]}', "field alerts.0 is wrong"),
        (body(status="pending"), "field alerts.0.status is wrong"),
        (body(labels=None), "field alerts.0.labels is wrong"),
        (body(labels={"a": [1]}), "field alerts.0.labels.a is wrong"),
        (body(labels={"": "x"}), "field alerts.0.labels"),
        (body(startsAt=None), "field alerts.0.startsAt is wrong"),
        (body(startsAt="yesterday"), "field alerts.0.startsAt is no RFC 3339 time"),
        (body(startsAt="2026-11-23"), "field alerts.0.startsAt is no RFC 3339 time"),
        (body(startsAt="2026-11-23T09:20:44"), "field alerts.0.startsAt is no RFC 3339 time"),
        (body(startsAt="2026-13-23T09:20:44Z"), "field alerts.0.startsAt is no time"),
        (body(startsAt="0001-01-01T00:00:00Z"), "field alerts.0.startsAt is the zero time"),
        (body(endsAt="soon"), "field alerts.0.endsAt is no RFC 3339 time"),
        (body(status=True), "field alerts.0.status is wrong"),
        (body(status={"state": "on"}), "field alerts.0.status is wrong: 'on' is none of"),
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
            alerts_of(read_webhook(raw.encode()), "a", 7)
        except WebhookError as error:
            assert error.remedy
