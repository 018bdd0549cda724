"""Bytes that no server should send: an answer or a DecodeError, never a crash, a loop or a foreign byte."""

import ctypes
import mmap
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from patternwatch.contracts.errors import DecodeError
from patternwatch.cortex.wire import Decoded, decode_chunks, decode_samples
from patternwatch.cortex.wire.samples import decode_read_response
from patternwatch.cortex.wire.snappy_block import unsnappy
from tests.cortex.wire_twin import Series, chunk_message, chunked, frame, uvarint, xor_chunk

ROOT = Path(__file__).resolve().parents[2]
CORTEX = (ROOT / "tests/fixtures/wire/read_samples.bin").read_bytes()
MESSAGE = bytes(unsnappy(CORTEX))
SERIES = [
    Series({"__name__": f"m{k}", "job": "j"}, [(1000 * t, float((t * k) % 7)) for t in range(1, 30)])
    for k in range(3)
]
STREAM = chunked(SERIES, per_chunk=9)
EVER = (-(1 << 63), (1 << 63) - 1)
BOUNDS_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK") == "1"
TRIES = 300

mutations = st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=6)


def mutated(body: bytes, changes: list[tuple[int, int]], partition: int | None) -> bytes:
    changed = bytearray(body)
    for at, byte in changes:
        changed[at % len(changed)] = byte
    return bytes(changed[:partition] if partition is not None else changed)


def is_sound(decoded: Decoded) -> bool:
    sizes = np.diff(decoded.offsets)
    return (
        len(decoded.labels) == len(sizes)
        and bool((sizes > 0).all())
        and int(decoded.offsets[-1]) == len(decoded.timestamps) == len(decoded.values)
    )


@given(st.binary(max_size=300))
@settings(max_examples=TRIES, deadline=None)
def test_random_bytes(body: bytes) -> None:
    for decode in (decode_samples, decode_read_response, decode_chunks):
        try:
            assert is_sound(decode(body, *EVER))
        except DecodeError as error:
            assert 0 <= error.at <= len(body)


@given(mutations, st.none() | st.integers(0, len(MESSAGE)))
@settings(max_examples=TRIES, deadline=None)
@example([], 0)
def test_real_samples_with_flipped_and_missing_bytes(
    changes: list[tuple[int, int]], partition: int | None
) -> None:
    body = mutated(MESSAGE, changes, partition)
    try:
        assert is_sound(decode_read_response(body, *EVER))
    except DecodeError as error:
        assert 0 <= error.at <= len(body)


@given(mutations, st.none() | st.integers(0, len(CORTEX)))
@settings(max_examples=TRIES, deadline=None)
def test_real_snappy_blocks_with_flipped_and_missing_bytes(
    changes: list[tuple[int, int]], partition: int | None
) -> None:
    try:
        assert is_sound(decode_samples(mutated(CORTEX, changes, partition), *EVER))
    except DecodeError as error:
        assert error.at >= 0


@given(mutations, st.none() | st.integers(0, len(STREAM)))
@settings(max_examples=TRIES, deadline=None)
def test_streams_with_flipped_and_missing_bytes(
    changes: list[tuple[int, int]], partition: int | None
) -> None:
    body = mutated(STREAM, changes, partition)
    try:
        assert is_sound(decode_chunks(body, *EVER))
    except DecodeError as error:
        assert 0 <= error.at <= len(body)


ONE_SERIES = chunk_message({"__name__": "m"}, [SERIES[2].samples])


@given(mutations, st.none() | st.integers(0, len(ONE_SERIES)))
@settings(max_examples=TRIES, deadline=None)
def test_chunks_that_are_unsound_behind_a_right_checksum(
    changes: list[tuple[int, int]], partition: int | None
) -> None:
    body = frame(mutated(ONE_SERIES, changes, partition))
    try:
        assert is_sound(decode_chunks(body, *EVER))
    except DecodeError as error:
        assert 0 <= error.at <= len(body)


def test_a_stream_that_is_cut_anywhere_but_between_frames_is_an_error() -> None:
    frames = [
        frame(chunk_message(s.labels, [s.samples[k : k + 9] for k in part if s.samples[k:]]))
        for s in SERIES
        for part in ((0, 9), (18, 27))
    ]
    assert b"".join(frames) == STREAM
    between = set(np.cumsum([0, *map(len, frames)]).tolist())
    for partition in range(len(STREAM)):
        if partition in between:
            decode_chunks(STREAM[:partition], *EVER)
        else:
            with pytest.raises(DecodeError):
                decode_chunks(STREAM[:partition], *EVER)


def test_a_small_answer_cannot_claim_much_memory() -> None:
    with pytest.raises(DecodeError, match="snappy"):
        decode_samples(b"\xff\xff\xff\xff\x0f" + bytes(10), *EVER)
    with pytest.raises(DecodeError):
        decode_chunks(frame(chunk_message({}, [SERIES[0].samples])).replace(b"\x00\x1d", b"\xff\xff"), *EVER)
    assert xor_chunk(SERIES[0].samples)[:2] == b"\x00\x1d"


def before_a_locked_page(message: bytes) -> memoryview:
    """The same bytes, the next one behind which cannot be read: doing so ends the process."""
    memory = mmap.mmap(-1, 2 * mmap.PAGESIZE)
    locked = ctypes.addressof(ctypes.c_char.from_buffer(memory)) + mmap.PAGESIZE
    assert ctypes.CDLL(None, use_errno=True).mprotect(ctypes.c_void_p(locked), mmap.PAGESIZE, 0) == 0
    memory[mmap.PAGESIZE - len(message) : mmap.PAGESIZE] = message
    return memoryview(memory)[mmap.PAGESIZE - len(message) : mmap.PAGESIZE]


@pytest.mark.parametrize("value", [b"", b"\x09" + b"\x3f" * 8], ids=["zero", "value"])
@pytest.mark.parametrize("missing", range(21))
def test_samples_cut_near_the_end_are_not_read_past_it(value: bytes, missing: int) -> None:
    """The lengths around them say that the cut is the end, so that only a sample's own is wrong."""
    inner = value + b"\x10" + uvarint(1_700_000_000_000)
    sample = b"\x12" + uvarint(len(inner)) + inner
    label = b"\x0a\x06\x0a\x01a\x12\x01b"
    kept = sample * 3
    kept = kept[: len(kept) - missing]
    series = b"\x0a" + uvarint(len(label + kept)) + label + kept
    message = before_a_locked_page(b"\x0a" + uvarint(len(series)) + series)
    if len(kept) % len(sample):
        with pytest.raises(DecodeError, match="ends inside a field"):
            decode_read_response(message, *EVER)
    else:
        assert decode_read_response(message, *EVER).timestamps.tolist() == [1_700_000_000_000]


def test_an_invalid_label_is_named_by_its_byte() -> None:
    broken = MESSAGE.replace(b"tricky", b"tri\xffky", 1)
    with pytest.raises(DecodeError, match="UTF-8") as caught:
        decode_read_response(broken, *EVER)
    assert caught.value.at == broken.index(b"\xff")


@pytest.mark.skipif(BOUNDS_CHECKED, reason="this is the run that the test starts")
def test_the_kernels_stay_within_their_arrays(tmp_path: Path) -> None:
    """The tests above once more, with kernels compiled so that an index out of bounds raises."""
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        str(Path(__file__).relative_to(ROOT)),
    ]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
