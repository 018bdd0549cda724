"""catalogue: products from PostgreSQL, behind a Redis cache."""

from __future__ import annotations

import json
from typing import Any

from prometheus_client import Counter, Gauge
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from testbed.shop.service import Handler, Service

PAGE = 12
CACHE_SECONDS = 45
ONE = (
    "SELECT p.id, p.name, p.price_cents, p.description, s.quantity "
    "FROM products p JOIN stock s ON s.product = p.id WHERE p.id = %s"
)
MANY = (
    "SELECT p.id, p.name, p.price_cents, s.quantity FROM products p "
    "JOIN stock s ON s.product = p.id WHERE p.category = %s ORDER BY p.price_cents LIMIT %s"
)


class Catalogue(Service):
    """Lists and single products."""

    name = "catalogue"
    uses_database = True
    uses_cache = True

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Endpoints for the frontend."""
        registry = self.metrics.registry
        self.lookups = Counter(
            "catalogue_cache_lookups", "Cache lookups.", ["kind", "outcome"], registry=registry
        )
        self.last_size = Gauge(
            "catalogue_last_page_products", "Products on the last page.", registry=registry
        )
        return [("GET", "/products", self.page), ("GET", "/products/{product:int}", self.product)]

    async def page(self, request: Request) -> Response:
        """The cheapest products of a category."""
        category = int(request.query_params.get("page", "0"))
        rows = await self._cached("page", category, MANY, (category, PAGE))
        self.last_size.set(len(rows))
        return JSONResponse({"products": rows})

    async def product(self, request: Request) -> Response:
        """One product with its stock."""
        wanted = int(request.path_params["product"])
        rows = await self._cached("product", wanted, ONE, (wanted,))
        if not rows:
            return JSONResponse({"error": f"no product {wanted}"}, status_code=404)
        number, name, cents, text, quantity = rows[0]
        return JSONResponse({"id": number, "name": name, "cents": cents, "text": text, "quantity": quantity})

    async def _cached(self, kind: str, key: int, sql: str, values: tuple[int, ...]) -> Any:
        name = f"catalogue:{kind}:{key}"
        held = await self.store.timed("get", self.store.client.get(name))
        self.lookups.labels(kind, "hit" if held else "miss").inc()
        if held:
            return json.loads(held)
        async with self.db.connection() as connection:
            rows = await self.db.fetch(connection, kind, sql, values)
        await self.store.timed("set", self.store.client.set(name, json.dumps(rows), ex=CACHE_SECONDS))
        return rows
