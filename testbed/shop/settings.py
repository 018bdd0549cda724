"""Where a shop service listens and finds its neighbours; one JSON file for the whole shop."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

SHOP_SERVICES = ("frontend", "catalogue", "cart", "orders", "payment")
PRODUCTS = 1500


@dataclass(frozen=True)
class ShopSettings:
    """Addresses of one shop.

    ``urls`` maps a service to the address that its callers use, which may be a relay's;
    ``ports`` maps it to the port that it binds itself.
    """

    ports: dict[str, int]
    urls: dict[str, str]
    postgres: str
    redis: str
    peer_timeout_s: float = 2.5
    pool_timeout_s: float = 1.5
    pool_size: int = 6

    def save(self, path: Path) -> None:
        """Write the settings as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2))

    @classmethod
    def load(cls, path: Path) -> ShopSettings:
        """Read what :meth:`save` wrote."""
        return cls(**json.loads(path.read_text()))
