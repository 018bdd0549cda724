"""SAMPLES answers: the compiled decoder against the protobuf library and against a real Cortex's bytes."""

from pathlib import Path

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.errors import DecodeError
from patternwatch.contracts.matchers import Matcher
from patternwatch.cortex.wire import Decoded, ResponseType, decode_samples, encode_request
from patternwatch.cortex.wire.samples import decode_read_response
from patternwatch.cortex.wire.snappy_block import unsnappy
from tests.cortex.wire_twin import MESSAGES, STALE, Series, expected, read_response, snappy, uvarint

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "wire"
EVER = (-(1 << 63), (1 << 63) - 1)

labels = st.dictionaries(st.text(max_size=5), st.text(max_size=8), max_size=4)
times = st.one_of(
    st.integers(0, 3),
    st.integers(1_795_447_000_000, 1_795_447_000_100),
    st.integers(-(1 << 63), (1 << 63) - 1),
)
values = st.one_of(
    st.sampled_from([0.0, -0.0, STALE, float("nan"), float("inf")]), st.floats(), st.integers(0, 5)
)
samples = st.lists(st.tuples(times, values.map(float)), max_size=8)
many_series = st.lists(st.builds(Series, labels, samples), max_size=5)


def as_lists(decoded: Decoded) -> list[tuple[dict[str, str], list[tuple[int, int]]]]:
    """In the form of `wire_twin.expected`."""
    bits = decoded.values.view(np.uint64)
    spans = zip(decoded.offsets, decoded.offsets[1:], strict=False)
    return [
        (names, list(zip(decoded.timestamps[a:b].tolist(), bits[a:b].tolist(), strict=True)))
        for names, (a, b) in zip(decoded.labels, spans, strict=True)
    ]


@given(many_series)
@settings(deadline=None)
def test_any_series_come_back_as_they_were(series: list[Series]) -> None:
    decoded = decode_samples(snappy(read_response(series)), *EVER)
    assert as_lists(decoded) == expected(series, *EVER)


@given(many_series)
@settings(deadline=None)
def test_only_the_samples_asked_for_are_kept(series: list[Series]) -> None:
    window = (1, 1_795_447_000_050)
    assert as_lists(decode_read_response(read_response(series), *window)) == expected(series, *window)


minutes = st.integers(1, 200).map(lambda n: [(1_795_447_000_000 + 60_000 * k, k + 0.5) for k in range(n)])
odd_samples = st.lists(
    st.tuples(
        st.integers(0, 199),
        st.one_of(times, st.integers(1_795_447_000_000, 1_795_459_000_000)),
        values.map(float),
    ),
    max_size=4,
)


@given(minutes, odd_samples)
@settings(deadline=None)
def test_long_series_keep_all_but_what_is_odd_among_them(
    usual: list[tuple[int, float]], odd: list[tuple[int, int, float]]
) -> None:
    for place, time, value in odd:
        usual[place % len(usual)] = (time, value)
    series, window = [Series({"__name__": "m"}, usual)], (1_795_447_060_000, 1_795_457_000_000)
    assert as_lists(decode_read_response(read_response(series), *window)) == expected(series, *window)


def test_series_in_any_order_parts_and_repeats_become_one_ascending_series() -> None:
    a, b = {"__name__": "a"}, {"__name__": "b"}
    series = [
        Series(b, [(5, 1.0), (3, 2.0)]),
        Series(a, [(1, 1.0)]),
        Series(b, [(3, 9.0), (4, 4.0), (4, 5.0)]),
        Series({"__name__": "empty"}, [(7, STALE)]),
    ]
    decoded = decode_read_response(read_response(series), *EVER)
    assert decoded.labels == [a, b]
    assert decoded.offsets.tolist() == [0, 1, 4]
    assert decoded.timestamps.tolist() == [1, 3, 4, 5]
    assert decoded.values.tolist() == [1.0, 2.0, 4.0, 1.0]


def test_fields_that_are_not_known_are_passed_over_and_native_histograms_counted() -> None:
    message = MESSAGES["ReadResponse"]()
    one = message.results.add().timeseries.add()
    one.labels.add(name="__name__", value="m")
    one.samples.add(timestamp=1, value=2.0)
    one.exemplars.add(value=3.0)
    one.histograms.add(timestamp=5, sum=1.0)  # it has samples as well: nothing is lost sight of
    for name in ("n", "o"):
        native = message.results[0].timeseries.add()
        native.labels.add(name="__name__", value=name)
        for _ in range(3):
            native.histograms.add(timestamp=5, sum=1.0)
    unknown = bytes(
        [15 << 3 | 2, 3, 1, 2, 3, 14 << 3 | 0, 0x96, 1, 13 << 3 | 5, 0, 0, 0, 0, 12 << 3 | 1, *bytes(8)]
    )
    decoded = decode_read_response(unknown + message.SerializeToString() + unknown, *EVER)
    assert as_lists(decoded) == expected([Series({"__name__": "m"}, [(1, 2.0)])], *EVER)
    assert decoded.histograms == 2


def test_the_shortest_fields_there_can_be_have_room() -> None:
    series = b"\x0a\x00" * 300 + b"\x12\x00" * 300
    wrapped = b"\x0a" + uvarint(len(series)) + series + b"\x0a\x00" * 300
    decoded = decode_read_response(b"\x0a" + uvarint(len(wrapped)) + wrapped, *EVER)
    assert as_lists(decoded) == [({"": ""}, [(0, 0)])]


def test_a_real_cortex_is_read_to_the_last_bit() -> None:
    decoded = decode_samples((FIXTURES / "read_samples.bin").read_bytes(), *EVER)
    twin = MESSAGES["ReadResponse"].FromString(bytes(unsnappy((FIXTURES / "read_samples.bin").read_bytes())))
    series = [
        Series({p.name: p.value for p in s.labels}, [(p.timestamp, p.value) for p in s.samples])
        for s in twin.results[0].timeseries
    ]
    assert as_lists(decoded) == expected(series, *EVER)
    assert len(decoded.labels) == 20
    named = {names["__name__"]: k for k, names in enumerate(decoded.labels)}
    size = np.diff(decoded.offsets)
    assert size[named["tk_stale"]] == 25
    assert size[named["tk_gap"]] == 20
    shown = orjson.loads((FIXTURES / "query_range.json").read_bytes())["data"]["result"]
    assert {tuple(sorted(r["metric"].items())) for r in shown} == {
        tuple(sorted(names.items())) for names in decoded.labels
    }


def test_an_answer_without_series_is_empty() -> None:
    for name in ("read_empty.bin", "read_other_tenant.bin"):
        assert decode_samples((FIXTURES / name).read_bytes(), *EVER).labels == []


@pytest.mark.parametrize(
    ("message", "at"),
    [
        (b"\x0a", 1),  # a length is missing
        (b"\x0a\x05\x0a", 2),  # shorter than its length
        (b"\x0b\x0c", 0),  # a group
        (b"\x07", 0),  # wire type 7
        (b"\x02\x00", 0),  # field number 0
        (b"\x08" + b"\xff" * 9 + b"\x02", 10),  # a varint of 65 bits
        (b"\x0a\x04\x0a\x02\x12\x05", 6),  # a sample that reaches out of its series
        (b"\x0a\x05\x0a\x03\x0a\x01\xff", 7),  # a label that is cut
        (b"\x0a\x07\x0a\x05\x12\x03\x10\x80\x80", 9),  # a time that is cut
    ],
)
def test_unsound_bytes_are_named_by_their_offset(message: bytes, at: int) -> None:
    with pytest.raises(DecodeError, match=f"at byte {at}") as caught:
        decode_read_response(message, *EVER)
    assert caught.value.at == at


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xff\xff\xff\x0f", b"\x05abc", b"<html>", b"\xff\xff\xff\x7f\x00"]
)
def test_what_is_no_snappy_block_is_refused(body: bytes) -> None:
    with pytest.raises(DecodeError, match="snappy"):
        decode_samples(body, *EVER)


matchers = st.lists(
    st.builds(
        Matcher,
        name=st.sampled_from(["__name__", "job", "path"]),
        op=st.sampled_from(["=", "!=", "=~", "!~"]),
        value=st.text(max_size=10),
    ),
    max_size=4,
)


@given(matchers, st.integers(-(1 << 63), (1 << 63) - 1), st.integers(0, 1 << 45))
@settings(max_examples=50)
def test_a_request_reads_back_by_the_protobuf_library(
    given_matchers: list[Matcher], start: int, end: int
) -> None:
    body = encode_request(tuple(given_matchers), start, end, [ResponseType.SAMPLES])
    request = MESSAGES["ReadRequest"].FromString(bytes(unsnappy(body)))
    query = request.queries[0]
    assert (query.start_timestamp_ms, query.end_timestamp_ms) == (start, end)
    assert (query.hints.start_ms, query.hints.end_ms) == (start, end)
    ops = ["=", "!=", "=~", "!~"]
    assert [(m.name, ops[m.type], m.value) for m in query.matchers] == [
        (m.name, m.op, m.value) for m in given_matchers
    ]
    assert list(request.accepted_response_types) == [0]
