"""frontend: the shop's public face; it holds no state and asks its peers."""

from __future__ import annotations

from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from testbed.shop.service import Handler, Service


class Frontend(Service):
    """Home page, product page, cart and checkout."""

    name = "frontend"

    def routes(self) -> list[tuple[str, str, Handler]]:
        """Public endpoints."""
        self.pages = Counter("frontend_page_views", "Pages shown.", ["page"], registry=self.metrics.registry)
        return [
            ("GET", "/", self.home),
            ("GET", "/product/{product:int}", self.product),
            ("GET", "/cart/{user}", self.cart),
            ("POST", "/cart/{user}", self.add),
            ("POST", "/checkout/{user}", self.checkout),
        ]

    async def home(self, request: Request) -> Response:
        """A page of products."""
        page = int(request.query_params.get("page", "0"))
        self.pages.labels("home").inc()
        return JSONResponse(await self.call("GET", "catalogue", f"/products?page={page}"))

    async def product(self, request: Request) -> Response:
        """One product."""
        self.pages.labels("product").inc()
        wanted = request.path_params["product"]
        return JSONResponse(await self.call("GET", "catalogue", f"/products/{wanted}"))

    async def cart(self, request: Request) -> Response:
        """The cart's lines with the products' names, as far as the first three."""
        self.pages.labels("cart").inc()
        lines = await self.call("GET", "cart", f"/carts/{request.path_params['user']}")
        for line in lines["items"][:1]:
            line.update(await self.call("GET", "catalogue", f"/products/{line['product']}"))
        return JSONResponse(lines)

    async def add(self, request: Request) -> Response:
        """Put a product into the cart."""
        body = await request.json()
        user = request.path_params["user"]
        return JSONResponse(await self.call("POST", "cart", f"/carts/{user}", body))

    async def checkout(self, request: Request) -> Response:
        """Turn the cart into an order."""
        self.pages.labels("checkout").inc()
        user = request.path_params["user"]
        return JSONResponse(await self.call("POST", "orders", "/orders", {"user": user}))
