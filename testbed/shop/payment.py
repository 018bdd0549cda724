"""payment: authorises amounts with a (simulated) acquirer and writes a ledger."""

from __future__ import annotations

import asyncio
import hashlib
import random

from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from testbed.shop.metrics import LATENCY_BUCKETS
from testbed.shop.service import Handler, Service, UnavailableError

LEDGER = "INSERT INTO ledger (customer, cents, signature) VALUES (%s, %s, %s)"

FAILING = 0.004
"""Share of authorisations that fail on a good day."""


class Payment(Service):
    """One endpoint; the acquirer's answer takes a log-normal time of about 15 ms."""

    name = "payment"
    uses_database = True

    def routes(self) -> list[tuple[str, str, Handler]]:
        """The endpoint for orders."""
        registry = self.metrics.registry
        self.outcomes = Counter("payments", "Authorisations.", ["outcome"], registry=registry)
        self.amount = Counter("payments_amount_cents", "Authorised amount.", registry=registry)
        self.acquirer = Histogram(
            "payments_acquirer_seconds",
            "Time of the acquirer's answer.",
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        for outcome in ("authorised", "failed"):
            self.outcomes.labels(outcome)
        return [("POST", "/payments", self.authorise)]

    async def authorise(self, request: Request) -> Response:
        """Sign the amount, ask the acquirer, write the ledger."""
        body = await request.json()
        user, cents = str(body["user"]), int(body["cents"])
        signature = hashlib.pbkdf2_hmac("sha256", user.encode(), str(cents).encode(), 300).hex()
        with self.acquirer.time():
            await asyncio.sleep(random.lognormvariate(-4.2, 0.3))
        if random.random() < FAILING or self.hazards.request_fails():
            self.outcomes.labels("failed").inc()
            raise UnavailableError(500, "the acquirer failed")
        async with self.db.connection() as connection:
            await self.db.fetch(connection, "ledger", LEDGER, (user, cents, signature))
        self.outcomes.labels("authorised").inc()
        self.amount.inc(cents)
        return JSONResponse({"signature": signature})
