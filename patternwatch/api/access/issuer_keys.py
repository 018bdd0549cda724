"""The public keys of an OpenID Connect issuer (JWKS, RFC 7517), kept fresh."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import structlog
from jwt import PyJWK
from jwt.exceptions import PyJWKError, PyJWTError

from patternwatch.contracts.access_settings import OidcSettings
from patternwatch.contracts.errors import AccessUnavailableError

_TIMEOUT_S = 5.0
_PAUSE_S = 5.0
"""Between two questions to the issuer at least: who shows made-up key ids must not make us flood it."""
_DISCOVERY = "/.well-known/openid-configuration"

log = structlog.get_logger(__name__)


class IssuerKeys:
    """Keys by their id. They are asked for at first use, when they are old, and for an id that is not known.

    While the issuer is away, the keys that are known go on to count.

    seconds  a clock that never goes back
    """

    def __init__(
        self,
        settings: OidcSettings,
        transport: httpx.AsyncBaseTransport | None = None,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._http = httpx.AsyncClient(timeout=_TIMEOUT_S, transport=transport)
        self._seconds = seconds
        self._keys: dict[str, PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        """Disconnect."""
        await self._http.aclose()

    async def key(self, key_id: str) -> PyJWK | None:
        """The key of this id; None where the issuer has none.

        A token without a key id has the only key, where there is one only. Raises AccessUnavailableError
        where no key was ever read.
        """
        if self._is_old() or self._find(key_id) is None:
            await self._refresh(key_id)
        if self._read_at == float("-inf"):
            raise AccessUnavailableError(
                f"The keys of {self._settings.issuer} cannot be read, so that no token of its can be judged",
                "See the log event oidc.keys_failed, and access.oidc.issuer and access.oidc.jwks_url",
            )
        return self._find(key_id)

    def _find(self, key_id: str) -> PyJWK | None:
        if key_id or len(self._keys) != 1:
            return self._keys.get(key_id)
        return next(iter(self._keys.values()))

    def _is_old(self) -> bool:
        return self._seconds() - self._read_at > self._settings.keys_max_age_s

    async def _refresh(self, key_id: str) -> None:
        async with self._turn:
            if not self._is_old() and self._find(key_id) is not None:
                return  # somebody else has asked meanwhile
            if self._seconds() - self._tried_at < _PAUSE_S:
                return
            self._tried_at = self._seconds()
            try:
                self._keys = _usable(await self._ask())
            except (
                httpx.HTTPError,
                httpx.InvalidURL,
                ValueError,
                KeyError,
                TypeError,
                AttributeError,
            ) as error:
                log.error("oidc.keys_failed", issuer=self._settings.issuer, reason=f"{error!r}")
                return
            self._read_at = self._seconds()
            log.info("oidc.keys", issuer=self._settings.issuer, ids=sorted(self._keys))

    async def _ask(self) -> list[dict[str, Any]]:
        url = self._settings.jwks_url
        if not url:
            about = await self._get(self._settings.issuer.rstrip("/") + _DISCOVERY)
            if about["issuer"] != self._settings.issuer:  # OpenID Connect Discovery 1.0, 4.3
                raise ValueError(f"it says that it is {about['issuer']!r}")
            url = about["jwks_uri"]
        found: list[dict[str, Any]] = (await self._get(url))["keys"]
        return found

    async def _get(self, url: str) -> dict[str, Any]:
        answer = await self._http.get(url)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        return body


def _usable(keys: list[dict[str, Any]]) -> dict[str, PyJWK]:
    """Those that sign, of a kind that we know; a secret is none that an issuer may publish."""
    found = {}
    for key in keys:
        if key.get("use", "sig") != "sig" or key.get("kty") == "oct":
            continue
        try:
            found[str(key.get("kid", ""))] = PyJWK(key)
        except (PyJWKError, PyJWTError) as error:
            log.warning("oidc.key_passed_over", key_id=key.get("kid"), reason=str(error))
    return found
