"""Requests whose last look has ended: they are many, and rarely asked about again.

An alert that never resolves is remembered for a week. As an object its state takes four kilobytes in every
worker; in the process's own database it takes next to nothing.
"""

import zlib
from collections.abc import Callable
from functools import lru_cache

from patternwatch.contracts.codec import decode
from patternwatch.contracts.looks import Look
from patternwatch.streams.state.private_database import PrivateDatabase

KEPT_MS = 7 * 24 * 3600 * 1000
"""How long after its last look an alert is remembered that never resolves. Senders repeat sooner."""
RESOLVED_KEPT_MS = 3600 * 1000
"""How long one that has resolved is remembered: others may join its analysis so long (`join_s`)."""
MANUAL_KEPT_MS = 600_000
"""How long one by hand that is over is remembered: a crash may bring its records again, as a rule within a
session and a deadline."""
_MAX_UNPACKED = 500
"""States that are unpacked, some 4 kB each: a storm asks about those of one scope again and again."""
_SCHEMA = """
CREATE TABLE looks (
    key BLOB UNIQUE, scope INTEGER, changed_ms INTEGER, kept_ms INTEGER, bytes INTEGER, packed BLOB
);
CREATE INDEX by_scope ON looks (scope);
CREATE INDEX by_end ON looks (changed_ms + kept_ms);
"""


class EndedLooks:
    """The last states of such requests, by the key of their records.

    >>> from patternwatch.contracts.codec import encode
    >>> from patternwatch.contracts.requests import AnalysisRequest
    >>> from patternwatch.contracts.series import Window
    >>> request = AnalysisRequest(
    ...     request_id="r1", tenant="default", trigger="manual", title="t", matchers=(), requested_at_ms=2,
    ...     window=Window(start_ms=0, split_ms=1, end_ms=2, step_ms=1),
    ... )
    >>> look, ended = Look(request=request, look=1, is_over=True, changed_ms=7), EndedLooks()
    >>> ended.put(b"default/r1", look, encode(look), scope=5)
    >>> len(ended), ended.get(b"default/r1") == look, ended.of_scope(5) == [look]
    (1, True, True)
    >>> ended.expired(now_ms=7 + MANUAL_KEPT_MS, since_ms=0), len(ended.expired(8 + MANUAL_KEPT_MS, 0))
    ([], 1)
    """

    def __init__(self) -> None:
        self._database = PrivateDatabase(_SCHEMA)
        self._database.on_lost = self._lost
        self._number = 0
        self.on_lost: Callable[[], object] = lambda: None
        """Called where nothing is known any more: the topic is to be read again."""

    def __len__(self) -> int:
        return self._number

    def _lost(self) -> None:
        self._number = 0
        self.on_lost()

    def put(self, key: bytes, look: Look, record: bytes, scope: int) -> None:
        """Keep the state of a request of which none is kept.

        record  its value on the topic
        scope   what is analysed, as a number
        """
        row = (key, scope, look.changed_ms, _kept_ms(look), len(record), zlib.compress(record))
        self._database.execute("INSERT INTO looks VALUES (?, ?, ?, ?, ?, ?)", row)
        self._number += 1

    def get(self, key: bytes) -> Look | None:
        """The state of a request."""
        found = self._database.execute("SELECT packed FROM looks WHERE key = ?", (key,)).fetchone()
        return None if found is None else _unpacked(found[0])

    def remove(self, key: bytes) -> int:
        """Forget a request; the bytes of its record, 0 where none was kept."""
        found = self._database.execute("DELETE FROM looks WHERE key = ? RETURNING bytes", (key,)).fetchall()
        self._number -= len(found)
        return sum(size for (size,) in found)

    def of_scope(self, scope: int) -> list[Look]:
        """The states of the requests for this scope, in the order in which they came."""
        found = self._database.execute("SELECT packed FROM looks WHERE scope = ? ORDER BY rowid", (scope,))
        return [_unpacked(packed) for (packed,) in found]

    def expired(self, now_ms: int, since_ms: int) -> list[Look]:
        """Those that nothing can ask for again, in ms since 1970.

        since_ms  the time counts from then on: a process that has just begun reads old records again
        """
        query = "SELECT packed FROM looks WHERE changed_ms + kept_ms < ? AND kept_ms < ?"
        found = self._database.execute(query, (now_ms, now_ms - since_ms))
        return [_unpacked(packed) for (packed,) in found]


def _kept_ms(look: Look) -> int:
    if look.request.trigger == "manual":
        return MANUAL_KEPT_MS
    return RESOLVED_KEPT_MS if look.has_resolved else KEPT_MS


@lru_cache(maxsize=_MAX_UNPACKED)
def _unpacked(packed: bytes) -> Look:
    return decode(zlib.decompress(packed), Look)
