"""One HTTP connection pool to a source: the tenant goes along with every request, every wait has an end.

Every failure comes out as a SourceError that says what to do; what is only busy or away for a moment is
tried again first. Nothing above this file knows of httpx's errors or of status codes.
"""

from codecs import BOM_UTF8
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import urlencode

import httpx
import orjson
import structlog

from patternwatch.contracts.errors import (
    SourceError,
    SourceRefusedError,
    SourceUnavailableError,
)
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.auth import credentials, trusted
from patternwatch.cortex.clock_skew import ClockWatch
from patternwatch.cortex.exchange import Answer, Exchange, RetryTiming
from patternwatch.cortex.http_errors import limit_in_warnings, not_json, not_prometheus, refusal_in_success
from patternwatch.cortex.metricsql import escaped, wants_no_quotes
from patternwatch.cortex.partial_answers import left_out_by, note_partial
from patternwatch.cortex.post_refused import MAX_URL_CHARS, URL_TOO_LONG, PostRefused, too_long, was_read
from patternwatch.cortex.transport import AiohttpTransport

log = structlog.get_logger()

TENANT_HEADER = "X-Scope-OrgID"
_CONNECT_S = 5.0
Form: TypeAlias = Mapping[str, str | list[str]]
"""Fields of a query."""


def http_client(
    settings: SourceSettings, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client with this source's credentials, certificates, proxy, timeouts and number of connections.

    Raises InputError where a secret or a certificate cannot be read.
    """
    proxy = settings.proxy_url.get_secret_value() if settings.proxy_url is not None else None
    return httpx.AsyncClient(
        timeout=httpx.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s)),
        headers={"User-Agent": "patternwatch"},
        auth=credentials(settings),
        transport=transport or AiohttpTransport(settings.concurrency, trusted(settings), proxy),
    )


class Connection:
    """Requests to one source; `client` may be shared with another reader of it.

    post_refused  what is known of POST there
    clocks        how far the source's clock is from ours, by all readers of it

    Every method raises SourceUnavailableError, SourceRefusedError or SourceLimitError.
    """

    def __init__(
        self,
        settings: SourceSettings,
        client: httpx.AsyncClient,
        timing: RetryTiming | None = None,
        clocks: ClockWatch | None = None,
    ) -> None:
        timing = timing or RetryTiming()
        self.url = settings.url.rstrip("/")
        self.post_refused = PostRefused(timing.clock)
        self._client = client
        self._exchange = Exchange(settings, client, timing, clocks)
        self.clocks = self._exchange.clocks
        self._escapes_names = False

    async def data(
        self,
        tenant: str,
        path: str,
        is_expected: Callable[[Any], bool],
        form: Form | None = None,
        params: Form | None = None,
        tries: int | None = None,
        or_get: bool = True,
    ) -> Any:
        """`data` of the answer of `/api/v1/PATH`, None where a success has none; see `ask`.

        What the answer says that it leaves out is told to whoever collects that (`partial_answers`).
        """
        answer = await self.ask(tenant, path, form, params, tries, or_get)
        try:
            said = orjson.loads(answer.body.removeprefix(BOM_UTF8))
            data, left_out = said.get("data"), left_out_by(said, answer.headers)
        except orjson.JSONDecodeError as error:
            raise not_json(self.url, answer.body) from error
        except (AttributeError, TypeError) as error:
            raise not_prometheus(self.url, answer.body) from error
        if said.get("status") == "error":
            raise refusal_in_success(f"{self.url}/api/v1/{path}", answer.body)
        if isinstance(data, dict) and data.get("result", ()) is None:
            data["result"] = []  # an empty list, as programs in Go may write it
        if not is_expected(data):
            raise not_prometheus(self.url)
        self._note(tenant, path, left_out)
        return data

    async def ask(
        self,
        tenant: str,
        path: str,
        form: Form | None = None,
        params: Form | None = None,
        tries: int | None = None,
        or_get: bool = True,
    ) -> Answer:
        """The answer of `/api/v1/PATH`, tried again while the source is away or busy.

        form    is posted, or part of the URL where POST is refused; a GET where there is none
        tries   how often at most; by default as the settings say
        or_get  whether to find out by a GET that it is POST that is refused
        Raises SelectorTooLongError where POST is refused and the form is too long for a URL.
        """
        if self._escapes_names:
            form, params = _escaped(form), _escaped(params)
        try:
            return await self._asked(tenant, path, form, params, tries, or_get)
        except SourceRefusedError as error:
            if self._escapes_names or not wants_no_quotes(error):
                raise
        answer = await self._asked(tenant, path, _escaped(form), _escaped(params), tries, or_get)
        self._escapes_names = True
        log.info("source.names_escaped", tenant=tenant, url=self.url)
        return answer

    async def _asked(
        self,
        tenant: str,
        path: str,
        form: Form | None,
        params: Form | None,
        tries: int | None,
        or_get: bool,
    ) -> Answer:
        if not form:
            return await self._exchange.send(self._request("GET", tenant, path, params=params), tries)
        fits = len(urlencode(form, doseq=True)) + len(self.url) + len(path) <= MAX_URL_CHARS
        if self.post_refused.is_known and fits:
            return await self._get(tenant, path, form, tries)
        try:
            answer = await self._exchange.send(self._request("POST", tenant, path, data=form), tries)
        except SourceError as error:
            if not or_get or not self.post_refused.may_be_why(error):
                raise
            if fits:
                return await self._got_instead(tenant, path, form, error)
            if isinstance(error, SourceUnavailableError):
                raise
            raise too_long(self.url, path, error) from error
        self.post_refused.worked()
        return answer

    async def post(
        self,
        tenant: str,
        path: str,
        content: bytes,
        headers: Mapping[str, str],
        tries: int | None = None,
    ) -> Answer:
        """The answer of `/api/v1/PATH` to these bytes, tried again while the source is away or busy."""
        request = self._request("POST", tenant, path, content=content, headers=headers)
        answer = await self._exchange.send(request, tries)
        self._note(tenant, path, left_out_by({}, answer.headers))
        return answer

    def _note(self, tenant: str, path: str, left_out: list[str]) -> None:
        """Raises SourceLimitError where a limit is why: asked for less, the server gives it all."""
        over_limit = limit_in_warnings(self.url, " ".join(left_out))
        if over_limit is not None:
            raise over_limit
        note_partial(tenant, path, left_out)

    async def _get(self, tenant: str, path: str, form: Form, tries: int | None) -> Answer:
        try:
            return await self._exchange.send(self._request("GET", tenant, path, params=form), tries)
        except SourceRefusedError as error:
            if error.status in URL_TOO_LONG:
                raise too_long(self.url, path, error) from error
            raise

    async def _got_instead(self, tenant: str, path: str, form: Form, error: SourceError) -> Answer:
        """The answer by GET to what was refused by POST; raises that error where GET does not help."""
        try:
            answer = await self._get(tenant, path, form, 1)
        except SourceError as got:
            if not was_read(got):
                raise error from None
            self.post_refused.note(tenant, error)
            raise
        self.post_refused.note(tenant, error)
        return answer

    def _request(
        self, method: str, tenant: str, path: str, headers: Mapping[str, str] | None = None, **rest: Any
    ) -> httpx.Request:
        named = {**(headers or {}), TENANT_HEADER: tenant}
        return self._client.build_request(method, f"{self.url}/api/v1/{path}", headers=named, **rest)


def _escaped(form: Form | None) -> Form | None:
    return form and {
        name: escaped(text) if isinstance(text, str) else [escaped(each) for each in text]
        for name, text in form.items()
    }
