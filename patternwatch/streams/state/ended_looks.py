"""Requests whose last look has ended, kept small: they are many, and rarely asked about again.

An alert that never resolves is remembered for a week. As an object its state takes four kilobytes in every
worker, packed one sixth of that.
"""

import zlib
from functools import lru_cache
from typing import NamedTuple

from patternwatch.contracts.codec import decode
from patternwatch.contracts.looks import Look
from patternwatch.contracts.requests import Trigger

_MAX_UNPACKED = 500
"""States that are unpacked, some 4 kB each: a storm asks about those of one scope again and again."""


class EndedLook(NamedTuple):
    """The last state of such a request, and what decides how long it is kept."""

    packed: bytes
    changed_ms: int
    trigger: Trigger
    has_resolved: bool

    @property
    def look(self) -> Look:
        """The whole state."""
        return _unpacked(self.packed)


def ended_look(look: Look, record: bytes) -> EndedLook:
    """The state, packed.

    record  its value on the topic

    >>> from patternwatch.contracts.codec import encode
    >>> from patternwatch.contracts.requests import AnalysisRequest
    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> look = Look(request=request, look=1, is_over=True, changed_ms=7)
    >>> ended = ended_look(look, encode(look))
    >>> ended.changed_ms, ended.trigger, ended.look == look
    (7, 'manual', True)
    """
    return EndedLook(zlib.compress(record), look.changed_ms, look.request.trigger, look.has_resolved)


@lru_cache(maxsize=_MAX_UNPACKED)
def _unpacked(packed: bytes) -> Look:
    return decode(zlib.decompress(packed), Look)
