"""CRC-32C (Castagnoli), eight bytes a step by eight tables. Source: RFC 3720, appendix B.4."""

import numpy as np
import numpy.typing as npt

from patternwatch.compiled import Bytes, Integer, kernel

_POLYNOMIAL = 0x82F63B78
"""Reversed, as the bits come: lowest first."""


def _tables() -> npt.NDArray[np.uint32]:
    """Table k holds the checksum of each byte followed by k zero bytes, shape (8, 256)."""
    tables = np.zeros((8, 256), np.uint32)
    tables[0] = np.arange(256)
    for _ in range(8):
        odd = (tables[0] & 1).astype(bool)
        tables[0] = (tables[0] >> 1) ^ np.where(odd, np.uint32(_POLYNOMIAL), np.uint32(0))
    for k in range(1, 8):
        tables[k] = (tables[k - 1] >> 8) ^ tables[0][tables[k - 1] & 0xFF]
    return tables


_TABLES = _tables()


@kernel
def crc32c(data: Bytes, start: Integer, stop: Integer) -> np.uint32:
    """The checksum of `data[start:stop]` (uint8) as uint32."""
    crc = np.uint32(0xFFFFFFFF)
    while stop - start >= 8:
        for i in range(4):
            crc ^= np.uint32(data[start + i]) << np.uint32(8 * i)
        crc = (
            _TABLES[7, crc & 0xFF]
            ^ _TABLES[6, (crc >> 8) & 0xFF]
            ^ _TABLES[5, (crc >> 16) & 0xFF]
            ^ _TABLES[4, crc >> 24]
            ^ _TABLES[3, data[start + 4]]
            ^ _TABLES[2, data[start + 5]]
            ^ _TABLES[1, data[start + 6]]
            ^ _TABLES[0, data[start + 7]]
        )
        start += 8
    while start < stop:
        crc = _TABLES[0, (crc ^ data[start]) & 0xFF] ^ (crc >> 8)
        start += 1
    return np.uint32(~crc)
