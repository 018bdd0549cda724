"""cart: what a visitor wants to buy, kept in Redis only."""

from __future__ import annotations

from typing import Any, cast

from prometheus_client import Counter, Gauge
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from testbed.shop.service import Handler, Service

KEEP_SECONDS = 300


class Cart(Service):
    """Carts as Redis hashes: product to quantity."""

    name = "cart"
    uses_cache = True

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Endpoints for frontend and orders."""
        registry = self.metrics.registry
        self.added = Counter("cart_items_added", "Products put into carts.", registry=registry)
        self.empty = Counter("cart_reads_empty", "Reads of an empty cart.", registry=registry)
        self.cleared = Counter("cart_cleared", "Carts emptied by an order.", registry=registry)
        self.last = Gauge("cart_last_size", "Lines of the last cart read.", registry=registry)
        return [
            ("GET", "/carts/{user}", self.read),
            ("POST", "/carts/{user}", self.add),
            ("DELETE", "/carts/{user}", self.clear),
        ]

    async def read(self, request: Request) -> Response:
        """All lines of a cart."""
        call = cast("Any", self.store.client.hgetall(self._key(request)))
        held: dict[str, str] = await self.store.timed("hgetall", call)
        self.last.set(len(held))
        if not held:
            self.empty.inc()
        lines = [{"product": int(key), "quantity": int(value)} for key, value in held.items()]
        return JSONResponse({"items": lines})

    async def add(self, request: Request) -> Response:
        """One more of a product."""
        product = (await request.json())["product"]
        key = self._key(request)
        await self.store.timed("hincrby", cast("Any", self.store.client.hincrby(key, product, 1)))
        await self.store.timed("expire", self.store.client.expire(key, KEEP_SECONDS))
        self.added.inc()
        return JSONResponse({"product": product})

    async def clear(self, request: Request) -> Response:
        """Forget a cart."""
        await self.store.timed("del", self.store.client.delete(self._key(request)))
        self.cleared.inc()
        return JSONResponse({})

    @staticmethod
    def _key(request: Request) -> str:
        return f"cart:{request.path_params['user']}"
