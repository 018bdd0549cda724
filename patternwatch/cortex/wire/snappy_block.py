"""One snappy block, decompressed; of a block that claims more than it can hold nothing is made room for.

Source: google/snappy, format_description.txt.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import cramjam
import numpy as np
import numpy.typing as npt

from patternwatch.contracts.errors import DecodeError

_MAX_EXPANSION = 32
"""Snappy's shortest copy makes 64 bytes of 3: a block that claims more than this is not snappy."""
_MAX_SPARE = 32 * 1024 * 1024
_spare: deque[npt.NDArray[np.uint8]] = deque(maxlen=2)
"""Decompressed answers lie here while they are walked: into fresh memory a block takes a twentieth longer."""


def unsnappy(body: bytes) -> npt.NDArray[np.uint8]:
    """Decompress one snappy block; raises DecodeError.

    >>> bytes(unsnappy(cramjam.snappy.compress_raw(b"up")))
    b'up'
    """
    return _decompressed(body, np.empty(_claimed_size(body), np.uint8))


@contextmanager
def lent_unsnappy(body: bytes) -> Iterator[npt.NDArray[np.uint8]]:
    """The same, for a while: after the `with` block another answer is written into its memory.

    >>> with lent_unsnappy(cramjam.snappy.compress_raw(b"up")) as message:
    ...     bytes(message)
    b'up'
    """
    size = _claimed_size(body)
    try:
        scratch = _spare.pop()
    except IndexError:  # two are in use, or this is the first
        scratch = np.empty(0, np.uint8)
    if len(scratch) < size:
        scratch = np.empty(size, np.uint8)
    try:
        yield _decompressed(body, scratch[:size])
    finally:
        if len(scratch) <= _MAX_SPARE:
            _spare.append(scratch)


def _decompressed(body: bytes, message: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The block written into `message`, which has the size that it claims."""
    try:
        return message[: cramjam.snappy.decompress_raw_into(body, message.data)]
    except cramjam.DecompressionError as error:
        raise DecodeError(f"The answer is no snappy block ({error})", 0) from error


def _claimed_size(body: bytes) -> int:
    try:
        size = int(cramjam.snappy.decompress_raw_len(body))
    except cramjam.DecompressionError as error:
        raise DecodeError(f"The answer is no snappy block ({error})", 0) from error
    if size > _MAX_EXPANSION * len(body):
        raise DecodeError("The snappy block claims more bytes than it can hold", 0)
    return size
