"""Metric types as targets declare them (`# TYPE`), per tenant, fetched anew now and then.

A name that metadata does not know is `unknown`: `derive` then goes by its suffix and its values.
Source: Prometheus documentation, "HTTP API", "Querying metric metadata".
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import structlog

from patternwatch.contracts.errors import SourceLimitError, SourceRefusedError

log = structlog.get_logger()

Types: TypeAlias = Mapping[str, str]

FRESH_S = 600.0
"""How long types hold: a new release of a service may bring new metrics."""
MAX_METRICS = 100_000
"""Metric names that are asked for and remembered, per tenant."""


class MetricTypes:
    """Types by metric name.

    ask  gives `data` of /api/v1/metadata: name -> list of {type, help, unit}
    """

    def __init__(
        self, ask: Callable[[str, int], Awaitable[Any]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ask = ask
        self._clock = clock
        self._known: dict[str, tuple[Types, float]] = {}
        self._asking: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, tenant: str) -> Types:
        """The tenant's types; none where its source has no metadata.

        Raises SourceUnavailableError, and SourceRefusedError where the tenant is not let in.
        """
        async with self._asking[tenant]:
            types, until = self._known.get(tenant, ({}, 0.0))
            if self._clock() >= until:
                types = await self._fetched(tenant)
                self._known[tenant] = types, self._clock() + FRESH_S
            return types

    async def _fetched(self, tenant: str) -> Types:
        try:
            found = await self._ask(tenant, MAX_METRICS)
        except SourceLimitError as error:
            log.warning("source.metadata.missing", tenant=tenant, reason=str(error))
            return {}
        except SourceRefusedError as error:
            if error.status in (401, 403):
                raise
            log.warning("source.metadata.missing", tenant=tenant, reason=str(error))
            return {}
        return {name: kind for name, entries in found.items() if (kind := _agreed(entries))}


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


def _agreed(entries: Any) -> str:
    """The one type that all targets declare; nothing where they differ."""
    kinds = {str(entry.get("type", "")) for entry in entries if isinstance(entry, dict)}
    return kinds.pop() if len(kinds) == 1 else ""
