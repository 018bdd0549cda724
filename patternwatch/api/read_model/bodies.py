"""Reports as they are stored: compressed once, and sent so to whoever takes gzip (RFC 9110, 8.4.1.3)."""

import gzip

_LEVEL = 5
_MAGIC = b"\x1f\x8b"
"""How gzip begins (RFC 1952, 2.3.1), and JSON never does: older rows hold it as it is."""


def packed(json: bytes) -> bytes:
    """The compressed body; the same bytes for the same JSON.

    >>> unpacked(packed(b'{"a":1}')), is_packed(packed(b"{}")), is_packed(b"{}")
    (b'{"a":1}', True, False)
    """
    return gzip.compress(json, _LEVEL, mtime=0)


def is_packed(body: bytes) -> bool:
    """Whether a stored body is compressed."""
    return body.startswith(_MAGIC)


def unpacked(body: bytes) -> bytes:
    """The JSON of a stored body."""
    return gzip.decompress(body) if is_packed(body) else body
