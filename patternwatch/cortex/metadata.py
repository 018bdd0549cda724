"""Metric types as targets declare them (`# TYPE`), per tenant, fetched anew now and then.

A name that metadata does not know is `unknown`: `derive` then goes by its suffix and its values. So types
are a nicety: whatever goes wrong here neither fails nor holds up an analysis, and is tried again soon.
Source: Prometheus documentation, "HTTP API", "Querying metric metadata".
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import structlog

from patternwatch.contracts.errors import SourceError
from patternwatch.cortex.circuit_breaker import CircuitBreaker
from patternwatch.cortex.partial_answers import partial_answers

log = structlog.get_logger()

Types: TypeAlias = Mapping[str, str]

FRESH_S = 600.0
"""How long types hold: a new release of a service may bring new metrics."""
MAX_METRICS = 100_000
"""Metric names that are asked for and remembered, per tenant."""
DEADLINE_S = 5.0
"""An answer that takes longer is done without for now."""


@dataclass(slots=True)
class _Known:
    """What is known of one tenant."""

    breaker: CircuitBreaker
    types: Types = field(default_factory=dict)
    until: float = float("-inf")
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class MetricTypes:
    """Types by metric name.

    ask         gives `data` of /api/v1/metadata: name -> list of {type, help, unit}, or None for no data
    deadline_s  the longest wait for an answer
    """

    def __init__(
        self,
        ask: Callable[[str, int], Awaitable[Any]],
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._deadline_s = deadline_s
        self._tenants: defaultdict[str, _Known] = defaultdict(lambda: _Known(CircuitBreaker(clock)))

    async def of(self, tenant: str) -> Types:
        """The tenant's types as far as they are known; the last ones where the source does not tell now."""
        known = self._tenants[tenant]
        async with known.lock:
            if self._clock() >= known.until and not known.breaker.is_open:
                await self._refresh(tenant, known)
            return known.types

    async def _refresh(self, tenant: str, known: _Known) -> None:
        try:
            with partial_answers(is_told=False):  # types of a store that is down are missed by nobody
                async with asyncio.timeout(self._deadline_s):
                    found, missing = await self._entries(tenant)
            types = types_in(found)
        except (SourceError, TimeoutError) as error:
            reason = str(error) or f"no answer within {self._deadline_s:g} s"
        except Exception as error:  # noqa: BLE001 - of a nicety nothing that was not foreseen may do harm
            reason = f"{type(error).__name__}: {error}"
        else:
            known.types = types if not missing else {**known.types, **types}
            known.until = self._clock() + FRESH_S
            known.breaker.worked()
            reason = missing
        if reason:
            known.until = float("-inf")
            pause_s = known.breaker.refused()
            log.warning("source.metadata.missing", tenant=tenant, reason=reason, again_s=pause_s)

    async def _entries(self, tenant: str) -> tuple[list[Any], str]:
        """What the source tells, and why a part of it is missing.

        Of several tenants (`a|b`) each is asked on its own where all together are refused.
        """
        try:
            return [await self._ask(tenant, MAX_METRICS)], ""
        except SourceError:
            if "|" not in tenant:
                raise
        each = tenant.split("|")
        answers = await asyncio.gather(*(self._ask(one, MAX_METRICS) for one in each), return_exceptions=True)
        failures = [answer for answer in answers if isinstance(answer, BaseException)]
        if len(failures) == len(each):
            raise failures[0]
        return [a for a in answers if not isinstance(a, BaseException)], str(failures[0]) if failures else ""


def types_in(answers: Iterable[Any]) -> Types:
    """The one type of each metric that all targets and answers declare; nothing where they differ.

    answers  `data` of /api/v1/metadata; entries that are not as they should be are passed over

    >>> types_in([{"a": [{"type": "counter"}], "b": None, "c": [None]}, {"a": [{"type": "counter"}]}])
    {'a': 'counter'}
    """
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for answer in answers:
        for name, entries in answer.items() if isinstance(answer, dict) else ():
            for entry in entries if isinstance(entries, list) else ():
                if isinstance(entry, dict):
                    kinds[name].add(str(entry.get("type") or ""))
    return {name: kind for name, found in kinds.items() if len(found) == 1 and (kind := found.pop())}


def type_of(name: str, types: Types) -> str:
    """The type of one metric: its own, or its histogram's or summary's; else `unknown`."""
    if name in types:
        return types[name]
    base, _, suffix = name.rpartition("_")
    if suffix in ("bucket", "sum", "count") and types.get(base) in ("histogram", "summary"):
        return types[base]
    if suffix in ("total", "info"):  # OpenMetrics keeps metadata under the name without these suffixes
        return types.get(base, "unknown")
    return "unknown"
