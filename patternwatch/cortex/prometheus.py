"""Raw samples over the Prometheus HTTP API (Cortex, Mimir, Thanos and Prometheus speak it).

Windows are asked for as a range selector in an instant query: unlike query_range it returns the
samples themselves, with their own times and gaps, where query_range repeats the last value for five
minutes after a series has ended. Source: Prometheus documentation, "HTTP API", "Instant queries".
"""

from collections.abc import Callable
from typing import Any

import httpx
import numpy as np
import orjson

from patternwatch.contracts.errors import (
    SourceError,
    SourceLimitError,
    SourceRefusedError,
    SourceUnavailableError,
)
from patternwatch.contracts.matchers import Matchers, format_selector
from patternwatch.contracts.series import SeriesBatch, Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.derive import derive
from patternwatch.cortex.raw import RawSeries, ragged

_TENANT_HEADER = "X-Scope-OrgID"
_LIMIT_WORDS = ("resourceexhausted", "too many samples", "exceeds limit", "limit exceeded", "too large")


class PrometheusSource:
    """A server with the Prometheus HTTP API; the tenant goes along with every request."""

    def __init__(self, settings: SourceSettings, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._url = settings.url.rstrip("/")
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(settings.timeout_s, connect=min(5.0, settings.timeout_s)),
            limits=httpx.Limits(max_connections=settings.concurrency),
            headers={"User-Agent": "patternwatch"},
            transport=transport,
        )
        self._most_series = settings.most_series
        self._types: dict[str, dict[str, str]] = {}

    async def count(self, tenant: str, matchers: Matchers, window: Window) -> dict[str, int]:
        """How many series each metric name has, those that vanished within the window included."""
        span = window.end_ms - window.start_ms
        query = f"count by (__name__) (last_over_time({format_selector(matchers)}[{span}ms]))"
        result = await self._query(tenant, query, window.end_ms)
        counts = {r["metric"].get("__name__", ""): int(float(r["value"][1])) for r in result}
        if (total := sum(counts.values())) > self._most_series:
            raise SourceLimitError(
                f"The selector {format_selector(matchers)} holds {total} series, over the cap of "
                f"{self._most_series}",
                "Narrow the selector, or raise source.most_series",
            )
        return counts

    async def fetch(self, tenant: str, matchers: Matchers, window: Window) -> SeriesBatch:
        """All series of the window, derived and aligned."""
        raw = await self.samples(tenant, matchers, window.start_ms - window.step_ms, window.end_ms)
        return derive(raw, window)

    async def samples(self, tenant: str, matchers: Matchers, start_ms: int, end_ms: int) -> RawSeries:
        """Raw samples of `start_ms <= t <= end_ms`, as they were scraped."""
        types = await self._metric_types(tenant)
        query = f"{format_selector(matchers)}[{end_ms - start_ms + 1}ms]"
        result = await self._query(tenant, query, end_ms)
        labels = [r["metric"] for r in result if "values" in r]
        pairs = [r["values"] for r in result if "values" in r]
        return ragged(
            labels,
            [_type_of(name.get("__name__", ""), types) for name in labels],
            [np.array([round(t * 1000) for t, _ in p], dtype=np.int64) for p in pairs],
            [np.array([float(v) for _, v in p], dtype=np.float64) for p in pairs],
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _metric_types(self, tenant: str) -> dict[str, str]:
        if tenant not in self._types:
            found = await self._get(tenant, "metadata", {}, lambda data: isinstance(data, dict))
            self._types[tenant] = {name: entries[0]["type"] for name, entries in found.items() if entries}
        return self._types[tenant]

    async def _query(self, tenant: str, query: str, time_ms: int) -> list[dict[str, Any]]:
        data = await self._get(
            tenant,
            "query",
            {"query": query, "time": f"{time_ms / 1000:.3f}"},
            lambda data: isinstance(data, dict) and isinstance(data.get("result"), list),
        )
        return list(data["result"])

    async def _get(
        self, tenant: str, path: str, form: dict[str, str], is_expected: Callable[[Any], bool]
    ) -> Any:
        url = f"{self._url}/api/v1/{path}"
        headers = {_TENANT_HEADER: tenant}
        try:
            if form:
                response = await self._client.post(url, data=form, headers=headers)
            else:
                response = await self._client.get(url, headers=headers)
        except httpx.TimeoutException as error:
            raise SourceUnavailableError(
                f"{self._url} did not answer in time", "Raise source.timeout_s, or narrow the selector"
            ) from error
        except httpx.HTTPError as error:
            raise SourceUnavailableError(
                f"{self._url} cannot be reached ({error or type(error).__name__})",
                "Check source.url and that the server runs",
            ) from error
        if response.status_code != httpx.codes.OK:
            raise _refusal(self._url, response)
        try:
            data = orjson.loads(response.content)["data"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise _no_prometheus(self._url) from error
        if not is_expected(data):
            raise _no_prometheus(self._url)
        return data


def _type_of(name: str, types: dict[str, str]) -> str:
    if name in types:
        return types[name]
    base, _, suffix = name.rpartition("_")
    if suffix in ("bucket", "sum", "count") and types.get(base) in ("histogram", "summary"):
        return types[base]
    if suffix == "total":  # OpenMetrics keeps a counter's metadata under the name without its suffix
        return types.get(base, "unknown")
    return "unknown"


def _refusal(url: str, response: httpx.Response) -> SourceError:
    detail = response.text[:300].strip()
    said = f"{url} answered {response.status_code}: {detail}"
    status, words = response.status_code, detail.lower()
    if status == httpx.codes.REQUEST_ENTITY_TOO_LARGE or any(w in words for w in _LIMIT_WORDS):
        return SourceLimitError(said, "Narrow the selector, or lower analysis.shard_series")
    if status in (401, 403):
        return SourceRefusedError(said, "Check the tenant and its credentials at the source")
    if status == httpx.codes.TOO_MANY_REQUESTS or status >= 500:
        return SourceUnavailableError(said, "Try again later")
    return SourceRefusedError(said, "Check the selector and source.url")


def _no_prometheus(url: str) -> SourceRefusedError:
    return SourceRefusedError(
        f"{url} does not answer like the Prometheus HTTP API",
        "Give the address in front of /api/v1, for Cortex usually .../prometheus",
    )
