"""The shop's services: ``python -m testbed.kube.pods.shop`` runs the one that the pod is of."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
from typing import Any

from testbed.kube.hazards import burn
from testbed.kube.identity import Identity
from testbed.kube.pods.service import Route, Service
from testbed.kube.pods.stores import Pool, Redis
from testbed.kube.wire import Answer

CACHE_S = "600"
INVOICE_LETTERS = 1500
"""An order's text, so that orders need new pages and a full disk is felt."""
LIST = b"SELECT id, name, price_cents FROM products WHERE category = %s ORDER BY id LIMIT 20"
PRODUCT = (
    b"SELECT p.name, p.price_cents, s.quantity FROM products p "
    b"JOIN stock s ON s.product = p.id WHERE p.id = %s"
)
SOLD = b"UPDATE stock SET quantity = quantity - 1 WHERE product = %s"
PLACED = b"INSERT INTO orders (customer, total_cents, state, invoice) VALUES (%s, %s, 'placed', %s)"


class Frontend(Service):
    """The shop's public face; asks its peers."""

    def routes(self) -> dict[str, Route]:
        """Home page, product page, cart and checkout."""
        return {"home": self._home, "product": self._product, "cart": self._cart, "checkout": self._checkout}

    async def _home(self, rest: str, _: Any) -> Any:
        return await self.caller.call("catalogue.shop", "GET", f"/list/{rest}")

    async def _product(self, rest: str, _: Any) -> Any:
        burn(0.4)
        return await self.caller.call("catalogue.shop", "GET", f"/product/{rest}")

    async def _cart(self, rest: str, body: Any) -> Any:
        return await self.caller.call("cart.shop", "POST", f"/items/{rest}", body)

    async def _checkout(self, rest: str, _: Any) -> Any:
        return await self.caller.call("orders.shop", "POST", f"/orders/{rest}")


class Catalogue(Service):
    """Products from the database through a cache."""

    def __init__(self, own: Identity) -> None:
        super().__init__(own)
        self.cache = Redis(own.dns, "redis.shop", self.page)
        self.pool = Pool(own.dns, "postgres.shop", self.page, size=4)

    def routes(self) -> dict[str, Route]:
        """Lists by category, and products."""
        return {"list": self._list, "product": self._product}

    async def _list(self, rest: str, _: Any) -> Any:
        burn(0.8)
        return await self._cached(f"list:{rest}", LIST, int(rest), work=40.0)

    async def _product(self, rest: str, _: Any) -> Any:
        burn(0.3)
        return await self._cached(f"product:{rest}", PRODUCT, int(rest), work=20.0)

    async def _cached(self, key: str, sql: bytes, value: int, work: float) -> Any:
        kept = await self.cache.ask("GET", key)
        self.page.count("cache_requests_total", 1, result="miss" if kept is None else "hit")
        if kept is not None:
            return json.loads(kept)
        rows = await self.pool.run(sql, (value,))
        burn(work)
        await self.cache.ask("SET", key, json.dumps(rows), "EX", CACHE_S)
        return rows

    def _export(self) -> Answer:
        self.pool.export()
        return super()._export()


class Cart(Service):
    """What visitors chose, in Redis."""

    def __init__(self, own: Identity) -> None:
        super().__init__(own)
        self.store = Redis(own.dns, "redis.shop", self.page)

    def routes(self) -> dict[str, Route]:
        """Add an item; take all of them."""
        return {"items": self._items, "take": self._take}

    async def _items(self, user: str, body: Any) -> Any:
        burn(0.3)
        count = await self.store.ask("RPUSH", f"cart:{user}", str(body["product"]))
        await self.store.ask("EXPIRE", f"cart:{user}", "300")
        return {"items": count}

    async def _take(self, user: str, _: Any) -> Any:
        items = await self.store.ask("LRANGE", f"cart:{user}", "0", "-1")
        await self.store.ask("DEL", f"cart:{user}")
        return [int(item) for item in items]


class Orders(Service):
    """Takes the cart, has it paid and writes the order."""

    def __init__(self, own: Identity) -> None:
        super().__init__(own)
        self.pool = Pool(own.dns, "postgres.shop", self.page, size=4)
        self._held: set[asyncio.Task[None]] = set()

    def routes(self) -> dict[str, Route]:
        """One order of a visitor."""
        return {"orders": self._order}

    async def _order(self, user: str, _: Any) -> Any:
        burn(0.6)
        items = await self.caller.call("cart.shop", "POST", f"/take/{user}")
        total = sum(100 + item % 900 for item in items)
        await self.caller.call("payment.shop", "POST", f"/pay/{user}", {"cents": total})
        if hold := self.hazards.active.get("hold"):
            task = asyncio.create_task(self._hold(hold))
            self._held.add(task)
            task.add_done_callback(self._held.discard)
        for item in items[:4]:
            await self.pool.run(SOLD, (item,))
        invoice = "".join(random.choices("0123456789abcdef", k=INVOICE_LETTERS))
        await self.pool.run(PLACED, (user, total, invoice))
        self.page.count("orders_placed_total", 1)
        return {"cents": total}

    async def _hold(self, seconds: float) -> None:
        """A connection that is not given back for a while: the leak of a forgotten close."""
        async with self.pool.lent() as connection:
            await connection.execute(b"SELECT 1")
            await asyncio.sleep(random.uniform(0.7, 1.3) * seconds)

    def _export(self) -> Answer:
        self.pool.export()
        return super()._export()


class Payment(Service):
    """Signs and hands the charge on to the bank's gateway, over TLS."""

    def routes(self) -> dict[str, Route]:
        """One payment."""
        return {"pay": self._pay}

    async def _pay(self, user: str, body: Any) -> Any:
        burn(1.0)
        trust = ssl.create_default_context(cafile=str(self.own.folder / "tls" / "ca.pem"))
        paid = await self.caller.call("bank-gateway.shop", "POST", f"/charge/{user}", body, trust)
        self.page.count("payments_total", 1)
        return paid


class BankGateway(Service):
    """The end of the chain: what a bank takes to answer."""

    def routes(self) -> dict[str, Route]:
        """One charge."""
        return {"charge": self._charge}

    def tls(self) -> ssl.SSLContext:
        """The certificate as it lies in the shared folder; read again as it changes."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._load()
        return self._context

    def _load(self) -> None:
        folder = self.own.folder / "tls"
        self._context.load_cert_chain(folder / "bank.pem", folder / "bank.key")

    async def _charge(self, _: str, body: Any) -> Any:
        await asyncio.sleep(random.lognormvariate(0.0, 0.25) * 0.012)
        return {"charged": body["cents"]}

    async def start(self) -> None:
        """Look after the certificate."""
        self._watching = asyncio.create_task(self._watch())

    async def _watch(self) -> None:
        path = self.own.folder / "tls" / "bank.pem"
        seen = path.stat().st_mtime
        while True:
            await asyncio.sleep(1.0)
            if path.stat().st_mtime != seen:
                seen = path.stat().st_mtime
                self._load()


SERVICES: dict[str, type[Service]] = {
    "frontend": Frontend,
    "catalogue": Catalogue,
    "cart": Cart,
    "orders": Orders,
    "payment": Payment,
    "bank-gateway": BankGateway,
}


if __name__ == "__main__":
    _own = Identity.read()
    asyncio.run(SERVICES[_own.workload.removesuffix("-canary")](_own).run())
