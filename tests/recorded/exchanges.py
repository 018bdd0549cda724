"""Requests and answers of a server: written down as they pass, and given again without the server."""

import lzma
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import cramjam
import httpx
import orjson

from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.auth import trusted
from patternwatch.cortex.transport import AiohttpTransport
from tests.cortex.wire_twin import MESSAGES

_KEPT_HEADERS = ("content-type", "date", "retry-after", "location")
_OPERATORS = ("=", "!=", "=~", "!~")


@dataclass(slots=True)
class Exchanges:
    """What one server answered.

    server   name and version
    date     on which it was asked
    answers  by what was asked, in words
    """

    server: str
    date: str
    answers: dict[str, httpx.Response] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """As one compressed file."""
        told = {asked: _written(answer) for asked, answer in sorted(self.answers.items())}
        body = {"server": self.server, "date": self.date, "answers": told}
        path.write_bytes(lzma.compress(orjson.dumps(body), preset=9 | lzma.PRESET_EXTREME))

    @classmethod
    def read(cls, path: Path) -> "Exchanges":
        """The same from the file."""
        body = orjson.loads(lzma.decompress(path.read_bytes()))
        answers = {asked: _answer(told) for asked, told in body["answers"].items()}
        return cls(body["server"], body["date"], answers)


def asked_in_words(request: httpx.Request) -> str:
    """What a request asks for, the same however it is encoded."""
    if request.url.path.endswith("/read"):
        return f"{request.method} {request.url.path} {_read_in_words(request.content)}"
    fields = sorted({*parse_qsl(request.url.query.decode()), *parse_qsl(request.content.decode())})
    return f"{request.method} {request.url.path} " + " ".join(f"{name}={value}" for name, value in fields)


def _read_in_words(body: bytes) -> str:
    message = MESSAGES["ReadRequest"].FromString(bytes(cramjam.snappy.decompress_raw(body)))
    [query] = message.queries
    matchers = ",".join(f"{m.name}{_OPERATORS[m.type]}{m.value!r}" for m in query.matchers)
    times = f"{query.start_timestamp_ms}..{query.end_timestamp_ms}"
    return f"{{{matchers}}} {times} {list(message.accepted_response_types)}"


class Recorder(httpx.AsyncBaseTransport):
    """Passes requests on to the server, and keeps the answers."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges
        self._inner: AiohttpTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the server."""
        if self._inner is None:
            self._inner = AiohttpTransport(2, trusted(SourceSettings()))
        answer = await self._inner.handle_async_request(request)
        answer.request = request
        body = await answer.aread()
        headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
        kept = httpx.Response(answer.status_code, headers=headers, content=body)
        self._exchanges.answers[asked_in_words(request)] = kept
        return httpx.Response(answer.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        """Hang up; the next request connects again."""
        if self._inner is not None:
            await self._inner.aclose()
        self._inner = None


class Replay(httpx.AsyncBaseTransport):
    """Answers as the server did; a request that it was never sent is an error that says so."""

    def __init__(self, exchanges: Exchanges) -> None:
        self._exchanges = exchanges

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The recorded answer."""
        asked = asked_in_words(request)
        answer = self._exchanges.answers.get(asked)
        if answer is None:
            raise AssertionError(
                f"{self._exchanges.server} was not asked this: {asked}. If it is right to ask it now, "
                "record the answers again: python -m tests.recorded.record"
            )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


def _written(answer: httpx.Response) -> dict[str, object]:
    headers = {name: answer.headers[name] for name in _KEPT_HEADERS if name in answer.headers}
    try:
        body = {"text": answer.content.decode()}
    except UnicodeDecodeError:
        body = {"hex": answer.content.hex()}
    return {"status": answer.status_code, "headers": headers, **body}


def _answer(told: dict[str, object]) -> httpx.Response:
    content = str(told["text"]).encode() if "text" in told else bytes.fromhex(str(told["hex"]))
    headers = told["headers"]
    assert isinstance(headers, dict)
    return httpx.Response(int(str(told["status"])), headers=headers, content=content)
