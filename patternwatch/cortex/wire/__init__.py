"""Prometheus' remote read on the wire: requests out, arrays in, decoded by compiled code."""

from patternwatch.cortex.wire.chunks import decode_chunks
from patternwatch.cortex.wire.decoded import Decoded
from patternwatch.cortex.wire.known_labels import LabelMemory
from patternwatch.cortex.wire.request import PREFERRED, ResponseType, encode_request
from patternwatch.cortex.wire.samples import decode_samples

__all__ = [
    "PREFERRED",
    "Decoded",
    "LabelMemory",
    "ResponseType",
    "decode_chunks",
    "decode_samples",
    "encode_request",
]
