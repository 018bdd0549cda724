"""STREAMED_XOR_CHUNKS answers: the compiled decoder against chunks encoded bit by bit."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.contracts.errors import DecodeError
from patternwatch.cortex.wire import decode_chunks, decode_samples
from patternwatch.cortex.wire.crc32c import crc32c
from patternwatch.cortex.wire.walk import as_bytes
from tests.cortex import wire_twin
from tests.cortex.test_wire_samples import EVER, FIXTURES, as_lists, labels
from tests.cortex.wire_twin import MESSAGES, STALE, Series, chunk_message, chunked, expected, frame

floats = st.one_of(st.sampled_from([0.0, STALE, float("nan"), 1.0, 1.5, 2.0]), st.floats())
steps = st.one_of(st.integers(1, 3), st.just(15_000), st.integers(1, 70_000), st.integers(1, 1 << 40))


@st.composite
def ascending(draw: st.DrawFn) -> list[tuple[int, float]]:
    time = draw(st.sampled_from([-5, 0, 1_795_447_000_000]))
    out = []
    for step, value in draw(st.lists(st.tuples(steps, floats), max_size=20)):
        time += step
        out.append((time, value))
    return out


many_series = st.lists(st.builds(Series, labels, ascending()), max_size=4)


@given(many_series, st.integers(1, 7), st.integers(1, 3))
@settings(deadline=None)
def test_any_series_come_back_over_any_split_into_chunks_and_frames(
    series: list[Series], per_chunk: int, chunks_per_frame: int
) -> None:
    assert as_lists(decode_chunks(chunked(series, per_chunk, chunks_per_frame), *EVER)) == expected(
        series, *EVER
    )


@given(many_series)
@settings(deadline=None)
def test_chunks_are_clipped_to_the_window(series: list[Series]) -> None:
    window = (1_795_447_000_000, 1_795_447_100_000)
    assert as_lists(decode_chunks(chunked(series, 5), *window)) == expected(series, *window)


def test_every_width_of_a_delta_of_deltas_is_read() -> None:
    """The edges of 14, 17 and 20 bits, both signs, and what lies beyond."""
    edges = [e + d for bits in (13, 16, 19) for e in (1 << bits, -(1 << bits)) for d in (-1, 0, 1)]
    samples, time, delta = [(0, 1.0), (1 << 25, 1.0)], 1 << 25, 1 << 25
    for change in [*edges, 1 << 30, -(1 << 30)]:
        delta += change
        time += delta
        samples.append((time, float(change)))
    series = [Series({"__name__": "m"}, samples)]
    assert as_lists(decode_chunks(chunked(series), *EVER)) == expected(series, *EVER)


def test_overlapping_chunks_give_each_sample_once() -> None:
    first = [(t, float(t)) for t in (10, 20, 30, 40)]
    second = [(t, float(t)) for t in (15, 20, 30, 50)]
    body = frame(chunk_message({"a": "b"}, [first, second]))
    assert decode_chunks(body, *EVER).timestamps.tolist() == [10, 15, 20, 30, 40, 50]


@pytest.mark.parametrize("kind", [2, 3])
def test_native_histograms_are_counted_not_decoded(kind: int) -> None:
    native = frame(chunk_message({"a": "b"}, [[(1, 1.0)]], kind))
    body = native + native + frame(chunk_message({"c": "d"}, [[(1, 1.0)]]))
    decoded = decode_chunks(body, *EVER)
    assert (decoded.labels, decoded.histograms) == ([{"c": "d"}], 1)


@given(st.binary(max_size=40))
@settings(deadline=None)
def test_the_checksum_is_castagnolis(data: bytes) -> None:
    assert crc32c(as_bytes(data), 0, len(data)) == wire_twin.crc32c(data)


def test_the_checksum_of_the_standard_is_met() -> None:
    assert crc32c(as_bytes(bytes(32)), 0, 32) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(as_bytes(b"123456789"), 0, 9) == 0xE3069283


def chunk_of(data: bytes, kind: int = 1) -> bytes:
    message = MESSAGES["ChunkedReadResponse"]()
    message.chunked_series.add().chunks.add(type=kind, data=data)
    return bytes(message.SerializeToString())


GOOD = frame(chunk_message({"a": "b"}, [[(1, 1.0), (2, 2.0)]]))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (GOOD[:-1], "ends inside a field, at byte 1"),
        (GOOD[:3], "ends inside a field, at byte 1"),
        (GOOD[:-1] + bytes([GOOD[-1] ^ 1]), "checksum, at byte 1"),
        (b"\x80", "ends inside a field, at byte 1"),
        (frame(b"\x0b"), "wire type, at byte 5"),
        (frame(chunk_of(b"", 9)), "encoding"),
        (frame(chunk_of(b"")), "ends inside its samples"),
        (frame(chunk_of(b"\x00")), "ends inside its samples"),
        (frame(chunk_of(b"\xff\xff\x00")), "ends inside its samples"),
        (frame(chunk_of(b"\x00\x01\x02")), "ends inside its samples"),
        (frame(chunk_of(b"\x00\x02\x02" + bytes(8) + b"\x80")), "ends inside"),
        # a window of changed bits that does not fit: 31 leading zeros and 62 bits
        (
            frame(chunk_of(b"\x00\x02\x02" + bytes(8) + b"\x01" + bytes([0xFF, 0xFE, 0, 0]))),
            "inside its samples",
        ),
    ],
)
def test_unsound_frames_and_chunks_are_named_by_their_offset(body: bytes, problem: str) -> None:
    with pytest.raises(DecodeError, match=problem):
        decode_chunks(body, *EVER)


def test_a_chunk_that_claims_more_samples_than_it_holds_reads_no_foreign_bytes() -> None:
    sound = wire_twin.xor_chunk([(1, 1.0), (2, 1.0), (3, 1.0)])
    body = frame(chunk_of(struct.pack(">H", 40) + sound[2:])) + GOOD
    with pytest.raises(DecodeError, match="inside its samples"):
        decode_chunks(body, *EVER)


def test_many_samples_come_back_in_arrays() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(100, 5, 1000).round(3)
    samples = [(1_795_447_000_000 + 15_000 * k, float(v)) for k, v in enumerate(values)]
    decoded = decode_chunks(chunked([Series({"a": "b"}, samples)]), *EVER)
    np.testing.assert_array_equal(decoded.values, values)


def test_a_real_prometheus_gives_the_same_series_in_both_kinds() -> None:
    samples = decode_samples((FIXTURES / "prometheus_samples.bin").read_bytes(), *EVER)
    chunks = decode_chunks((FIXTURES / "prometheus_chunks.bin").read_bytes(), *EVER)
    assert as_lists(samples) == as_lists(chunks)
    sizes = {k["__name__"]: n for k, n in zip(chunks.labels, np.diff(chunks.offsets), strict=True)}
    assert len(sizes) == 10
    assert (sizes["tp_counter_total"], sizes["tp_gap"], sizes["tp_late"]) == (150, 90, 8)
    odd = next(k for k in chunks.labels if k["__name__"] == "tp_labels")
    assert odd["quotes"] == 'a "b" \\ c'
    assert odd["newline"] == "x\ny"
