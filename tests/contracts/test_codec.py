import numpy as np
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from patternwatch.contracts.alerts import Alert
from patternwatch.contracts.arrays import Floats32
from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.errors import MessageError, SchemaVersionError, UndecodableError
from patternwatch.contracts.findings import Evidence, Finding
from patternwatch.contracts.patterns import Pattern, PatternType
from patternwatch.contracts.progress import Progress
from patternwatch.contracts.report import Report, SeriesCounts
from patternwatch.contracts.series import Window
from patternwatch.contracts.shard_results import Candidate
from patternwatch.contracts.ticks import Tick

_floats = arrays(np.float32, st.integers(0, 40), elements=st.floats(width=32, allow_infinity=False))


@given(_floats)
def test_packed_floats_come_back_bit_by_bit(values: Floats32) -> None:
    candidate = Candidate(
        labels={"a": "b"}, derivation="rate", category="cpu", screening_score=1.5, values=values
    )
    back = decode(encode(candidate), Candidate)
    np.testing.assert_array_equal(back.values, values)
    assert back.labels == {"a": "b"}


@given(_floats)
def test_points_are_numbers_with_null_for_a_gap(values: Floats32) -> None:
    report = _report(values)
    raw = orjson.loads(encode(report))["findings"][0]["points"]
    assert [v is None for v in raw] == np.isnan(values).tolist()
    np.testing.assert_array_equal(decode(encode(report), Report).findings[0].points, values)


def test_json_for_people_is_the_same_as_json_on_the_wire() -> None:
    report = _report(np.array([1.0, np.nan, 3.0], dtype=np.float32))
    assert orjson.loads(report.model_dump_json()) == orjson.loads(encode(report))


def test_fields_of_a_newer_sender_are_ignored() -> None:
    raw = orjson.loads(encode(Tick(tenant="a", watch="w", at_ms=1))) | {"later": {"x": 1}}
    assert decode(orjson.dumps(raw), Tick).watch == "w"


@pytest.mark.parametrize("version", [3, None, "2"])
def test_another_schema_version_is_refused(version: object) -> None:
    raw = orjson.loads(encode(Tick(tenant="a", watch="w", at_ms=1))) | {"schema_version": version}
    with pytest.raises(SchemaVersionError) as refused:
        decode(orjson.dumps(raw), Tick)
    assert str(refused.value) == (
        f"A Tick of schema_version {version!r}. This release speaks version 2: upgrade the older side"
    )


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (None, "empty record"),
        (b"", "Not JSON"),
        (b"\xff\x00", "Not JSON"),
        (b"[1]", "JSON list"),
        (b'{"schema_version":1,"tenant":"a","watch":"w"}', "at_ms"),
        (b'{"schema_version":1,"tenant":"../a","watch":"w","at_ms":1}', "tenant"),
    ],
)
def test_what_is_not_ours_is_undecodable_and_says_why(raw: bytes | None, part: str) -> None:
    with pytest.raises(UndecodableError, match=part):
        decode(raw, Tick)


@given(st.binary(max_size=60))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    with pytest.raises(MessageError):
        decode(raw, Progress)


@pytest.mark.parametrize("bad", ["???", 7, "AAA="])
def test_broken_arrays_are_refused(bad: object) -> None:
    raw = {
        "schema_version": 1,
        "labels": {},
        "derivation": "",
        "category": "cpu",
        "screening_score": 1,
        "values": bad,
    }
    with pytest.raises(UndecodableError, match="values"):
        decode(orjson.dumps(raw), Candidate)


def test_an_alert_is_named_by_its_label_or_its_fingerprint() -> None:
    common = {"tenant": "a", "fingerprint": "f1", "status": "firing", "starts_at_ms": 0, "received_at_ms": 0}
    assert Alert.model_validate({**common, "labels": {"alertname": "Down"}}).name == "Down"
    assert Alert.model_validate({**common, "labels": {}}).name == "f1"


def _report(points: Floats32) -> Report:
    finding = Finding(
        rank=1,
        series_id="s",
        name="up",
        labels={"job": "x"},
        expression="up",
        entity="x",
        category="other",
        score=1.0,
        pattern=Pattern.LEVEL_SHIFT_UP,
        pattern_type=PatternType.STILL_ABNORMAL,
        pattern_probability=0.9,
        direction="up",
        baseline=1.0,
        peak=2.0,
        evidence=[Evidence(detector="ks", value=0.5, flagged=True, text="KS")],
        points=points,
    )
    return Report(
        report_id="r",
        request_id="r",
        tenant="a",
        status="complete",
        trigger="manual",
        title="t",
        selector="{}",
        window=Window(start_ms=0, split_ms=2, end_ms=4, step_ms=1),
        verdict="v",
        counts=SeriesCounts(selected=1, analysed=1, flagged=1),
        patterns={Pattern.LEVEL_SHIFT_UP: 1},
        findings=[finding],
        requested_at_ms=0,
    )
