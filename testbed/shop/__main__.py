"""Run one shop service: ``python -m testbed.shop NAME --settings shop.json``."""

from __future__ import annotations

import argparse
from pathlib import Path

import uvicorn

from testbed.ports import HOST
from testbed.shop.cart import Cart
from testbed.shop.catalogue import Catalogue
from testbed.shop.frontend import Frontend
from testbed.shop.orders import Orders
from testbed.shop.payment import Payment
from testbed.shop.service import Service
from testbed.shop.settings import ShopSettings

SERVICES: dict[str, type[Service]] = {
    kind.name: kind for kind in (Frontend, Catalogue, Cart, Orders, Payment)
}


def main() -> None:
    """Serve until the supervisor ends the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=sorted(SERVICES))
    parser.add_argument("--settings", type=Path, required=True)
    given = parser.parse_args()
    settings = ShopSettings.load(given.settings)
    app = SERVICES[given.name](settings).app()
    uvicorn.run(
        app,
        host=HOST,
        port=settings.ports[given.name],
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
