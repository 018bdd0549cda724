"""An OpenID Connect issuer of our own: it signs tokens, and serves its keys over HTTP."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from tests.fakes.http import answering_server

AUDIENCE = "patternwatch"


@dataclass
class Issuer:
    """Keys by their id, and how often they were asked for."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    asked: int = 0
    others: list[dict[str, Any]] = field(default_factory=list)
    """Further keys in its list, as JWK."""

    def add_key(self, key_id: str, *, curve: bool = False) -> None:
        """Make a key of this id."""
        self.keys[key_id] = (
            ec.generate_private_key(ec.SECP256R1())
            if curve
            else rsa.generate_private_key(public_exponent=65537, key_size=2048)
        )

    def sign(self, key_id: str = "k1", algorithm: str = "RS256", **changes: Any) -> str:
        """A token of alice's, a viewer of tenant a; a change to None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": [AUDIENCE, "account"],
            "sub": "f2c1",
            "iat": now,
            "exp": now + 60,
            "preferred_username": "alice",
            "realm_access": {"roles": ["offline_access", "patternwatch-viewer"]},
            "groups": ["/tenants/a", "/staff"],
        }
        told = {name: value for name, value in (claims | changes).items() if value is not None}
        return jwt.encode(told, self.keys[key_id], algorithm, headers={"kid": key_id})

    def jwks(self) -> list[dict[str, Any]]:
        """The public keys."""
        found = []
        for key_id, key in self.keys.items():
            kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
            found.append(json.loads(kind.to_jwk(key.public_key())) | {"kid": key_id, "use": "sig"})
        return found + self.others

    def answer(self, _method: str, path: str) -> bytes:
        """What it serves."""
        if path.endswith("/.well-known/openid-configuration"):
            return json.dumps({"issuer": self.url, "jwks_uri": f"{self.url}/certs"}).encode()
        self.asked += 1
        return json.dumps({"keys": self.jwks()}).encode()


@contextmanager
def issuer_serving() -> Iterator[Issuer]:
    """An issuer on a port of its own, with the key k1."""
    issuer = Issuer()
    issuer.add_key("k1")
    with answering_server(issuer.answer, "application/json") as at:
        issuer.url = f"http://{at}/realms/ops"
        yield issuer
