"""From a request to its caller, by the mode of the settings."""

from collections.abc import Callable

import httpx
from starlette.datastructures import Headers

from patternwatch.api.access.callers import LOCAL, Caller
from patternwatch.api.access.credentials import Credentials, credentials_of
from patternwatch.api.access.host_header import require_local_name
from patternwatch.api.access.needs import CSRF_HEADER, SAFE_METHODS
from patternwatch.api.access.oidc import OidcVerifier
from patternwatch.api.access.proxy import caller_told_by_proxy
from patternwatch.api.access.token_store import TokenStore
from patternwatch.api.access.token_text import PREFIX
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.access_settings import Mode
from patternwatch.contracts.errors import ForbiddenError, UnauthenticatedError

_SHOW = "Show one that `patternwatch tokens create` has made; programs send `Authorization: Bearer TOKEN`"


class Access:
    """Knows callers by what they show.

    clock      now, in ms since 1970
    transport  how the issuer is reached; for tests
    """

    def __init__(
        self,
        settings: ApiSettings,
        clock: Callable[[], int],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.settings = settings.access
        self._own_name = settings.host
        self.clock = clock
        self._tokens = TokenStore(settings.tokens_url, clock) if self.mode != "none" else None
        self._oidc = OidcVerifier(settings.access.oidc, transport) if self.mode == "oidc" else None

    @property
    def mode(self) -> Mode:
        """none, token, proxy or oidc."""
        return self.settings.mode

    async def open(self) -> None:
        """Make what is missing."""
        if self._tokens is not None:
            await self._tokens.open()

    async def close(self) -> None:
        """Disconnect."""
        if self._tokens is not None:
            await self._tokens.close()
        if self._oidc is not None:
            await self._oidc.close()

    async def caller_of(
        self, method: str, headers: Headers, address: str | None, token_in_path: str = ""
    ) -> Caller:
        """Who makes this request.

        address  from where the connection comes
        Raises UnauthenticatedError where that is not known, ForbiddenError where a page of somebody else's
        makes it in their name or, without a mode, by another name than this machine's, or they have no role.
        """
        _refuse_foreign_pages(method, headers)
        if self.mode == "none":
            require_local_name(headers.get("host"), self._own_name)
            return LOCAL
        shown = self._shown(headers, token_in_path)
        if shown.is_cookie and shown.token and method not in SAFE_METHODS and CSRF_HEADER not in headers:
            raise ForbiddenError(
                f"A request with a cookie needs the header {CSRF_HEADER}, which pages of others cannot set",
                f"Send {CSRF_HEADER}: 1, or the token in Authorization",
            )
        if self.mode == "proxy" and not shown.token.startswith(PREFIX):
            return caller_told_by_proxy(headers, address, self.settings.proxy, self.clock())
        return await self.caller_with(shown.token)

    async def caller_with(self, token: str) -> Caller:
        """Who shows this token; raises UnauthenticatedError where it is none that counts."""
        if not token:
            raise UnauthenticatedError("The request shows no credentials", _SHOW)
        if self._tokens is not None and token.startswith(PREFIX):
            found = await self._tokens.find(token)
            if found is None:
                raise UnauthenticatedError("The token is not known, was revoked or has expired", _SHOW)
            return found.caller
        if self._oidc is not None:
            return await self._oidc.caller(token)
        raise UnauthenticatedError("What the request shows is no token of `patternwatch tokens`", _SHOW)

    def _shown(self, headers: Headers, token_in_path: str) -> Credentials:
        """In mode proxy an Authorization may be the proxy's own affair."""
        try:
            return credentials_of(headers, token_in_path)
        except UnauthenticatedError:
            if self.mode == "proxy":
                return Credentials()
            raise


def _refuse_foreign_pages(method: str, headers: Headers) -> None:
    """A page of another origin must not use what its reader may do (Fetch Metadata, which browsers send)."""
    site = headers.get("sec-fetch-site", "none")
    if method not in SAFE_METHODS and site not in ("none", "same-origin"):
        raise ForbiddenError(
            f"A page of another origin makes this request ({site})", "Use our own page, or a program"
        )
