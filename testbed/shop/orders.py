"""orders: checkout in one transaction, then a queue of fulfilment work."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable

import psycopg
from prometheus_client import Counter, Gauge, Histogram
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from testbed.shop.service import Handler, Service, UnavailableError

QUEUE_LIMIT = 250
RESERVE = "UPDATE stock SET quantity = quantity - %s WHERE product = %s RETURNING quantity"
INSERT = "INSERT INTO orders (customer, total_cents, state) VALUES (%s, %s, 'paid') RETURNING id"
SHIP = "UPDATE orders SET state = 'shipped' WHERE id = %s"
REFILL = "UPDATE stock SET quantity = 500 WHERE product = %s AND quantity < 50"


class Orders(Service):
    """Places orders; keeps its connection while payment answers, as many shops do."""

    name = "orders"
    uses_database = True

    def routes(self) -> list[tuple[str, str, Handler]]:
        """The endpoint for the frontend."""
        registry = self.metrics.registry
        self.queue: asyncio.Queue[tuple[int, int]] = asyncio.Queue(QUEUE_LIMIT)
        self.placed = Counter("orders_placed", "Orders by outcome.", ["outcome"], registry=registry)
        self.revenue = Counter("orders_revenue_cents", "Value of paid orders.", registry=registry)
        self.lines = Histogram("orders_lines", "Lines of an order.", buckets=(1, 2, 4, 8), registry=registry)
        self.shipped = Counter("orders_shipped", "Orders shipped.", registry=registry)
        depth = Gauge("orders_queue_depth", "Orders waiting for shipment.", registry=registry)
        depth.set_function(lambda: float(self.queue.qsize()))
        return [("POST", "/orders", self.place)]

    def background(self) -> list[Awaitable[None]]:
        """The fulfilment worker."""
        return [self._ship()]

    async def place(self, request: Request) -> Response:
        """Reserve stock, take the money, write the order, empty the cart."""
        user = (await request.json())["user"]
        items = (await self.call("GET", "cart", f"/carts/{user}"))["items"]
        if not items:
            self.placed.labels("empty").inc()
            return JSONResponse({"error": "the cart is empty"}, status_code=409)
        if self.queue.full():
            self.placed.labels("rejected").inc()
            return JSONResponse({"error": "too many open orders"}, status_code=503)
        try:
            number, cents = await self._transact(user, items)
        except UnavailableError:
            self.placed.labels("unpaid").inc()
            raise
        except psycopg.Error:
            self.placed.labels("failed").inc()
            raise
        self.placed.labels("paid").inc()
        self.revenue.inc(cents)
        self.lines.observe(len(items))
        self.queue.put_nowait((number, items[0]["product"]))
        await self.call("DELETE", "cart", f"/carts/{user}")
        return JSONResponse({"order": number, "cents": cents})

    async def _transact(self, user: str, items: list[dict[str, int]]) -> tuple[int, int]:
        cents = sum(line["quantity"] * (100 + line["product"] % 900) for line in items)
        async with self.db.connection() as connection:
            for line in sorted(items, key=lambda line: line["product"]):
                values = (line["quantity"], line["product"])
                await self.db.fetch(connection, "reserve", RESERVE, values)
            await self.call("POST", "payment", "/payments", {"user": user, "cents": cents})
            rows = await self.db.fetch(connection, "insert", INSERT, (user, cents))
        return int(rows[0][0]), cents

    async def _ship(self) -> None:
        while True:
            number, product = await self.queue.get()
            await self.hazards.wait_until_off("stuck_worker")
            await asyncio.sleep(random.uniform(0.05, 0.2))
            try:
                async with self.db.connection() as connection:
                    await self.db.fetch(connection, "ship", SHIP, (number,))
                    await self.db.fetch(connection, "refill", REFILL, (product,))
            except psycopg.Error:  # counted by the pool; the order waits for its next turn
                await asyncio.sleep(0.5)
                if not self.queue.full():
                    self.queue.put_nowait((number, product))
                continue
            self.shipped.inc()
