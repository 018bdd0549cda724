"""Whatever is refused, the next way is taken, and the better one tried again some minutes later."""

from collections.abc import Callable
from urllib.parse import parse_qs

import httpx
import pytest

from patternwatch.contracts.errors import SourceError, SourceLimitError, SourceUnavailableError
from patternwatch.contracts.matchers import Matcher, Matchers, parse_selector
from patternwatch.contracts.series import Window
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.bisection import Span
from patternwatch.cortex.circuit_breaker import FIRST_PAUSE_S, LONGEST_PAUSE_S
from patternwatch.cortex.exchange import RetryTiming
from patternwatch.cortex.post_refused import MAX_URL_CHARS
from patternwatch.cortex.prometheus import PrometheusSource
from patternwatch.cortex.wire import ResponseType
from tests.cortex.wire_twin import Series, chunk_message, frame, read_response, snappy
from tests.fakes.clock import FakeClock

UP = parse_selector('up{job="a"}')
WINDOW = Window(start_ms=0, split_ms=300_000, end_ms=400_000, step_ms=1000)
READ = snappy(read_response([Series({"__name__": "up", "job": "a"}, [(1000, 3.0)])]))
BODY_LOST = 'invalid parameter "query": unknown position: parse error: no expression found in input'
"""What Prometheus 3.5 said to a POST without a body."""
API_ERROR = {"status": "error", "errorType": "bad_data", "error": "=~ is not supported on __name__"}


class Server:
    """A fake server: `refuse` answers in place of it; `asked` holds method, path and selector."""

    def __init__(self, refuse: Callable[[httpx.Request], httpx.Response | None], names: str = "up") -> None:
        self.refuse = refuse
        self.names = names.split()
        self.asked: list[tuple[str, str, str]] = []
        self.clock = FakeClock()
        timing = RetryTiming(self.clock.sleep, self.clock, lambda low, _: low)
        settings = SourceSettings(url="http://fake")
        self.source = PrometheusSource(
            settings, httpx.MockTransport(self.answer), timing=timing, clock=self.clock
        )

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/api/v1/")
        form = parse_qs(request.url.query.decode()) | (parse_qs(request.content.decode(errors="replace")))
        query = form.get("query", form.get("match[]", [""]))[0]
        self.asked.append((request.method, path, query))
        refused = self.refuse(request)
        if refused is not None:
            return refused
        if path == "read":
            return httpx.Response(200, content=READ, headers={"Content-Type": "application/x-protobuf"})
        if path == "label/__name__/values":
            return httpx.Response(200, json={"data": self.names})
        if path == "metadata":
            return httpx.Response(200, json={"data": {}})
        if path == "labels":
            return httpx.Response(200, json={"data": ["__name__", "job"]})
        here = [name for name in self.names if f'__name__="{name}"' in query or "=~" in query]
        if query.startswith("count by"):
            result = [{"metric": {"__name__": name}, "value": [1, "2"]} for name in here]
        else:
            result = [{"metric": {"__name__": name, "job": "a"}, "values": [[1, "3"]]} for name in here]
        return httpx.Response(200, json={"data": {"result": result}})

    async def read(self, matchers: Matchers = UP) -> list[str]:
        """The names that were read, and beside them in `took` by which requests."""
        before = len(self.asked)
        raw = await self.source.samples("t", matchers, 0, 400_000)
        self.took = [f"{m} {p}" for m, p, _ in self.asked[before:] if p != "metadata"]
        return [labels["__name__"] for labels in raw.labels]


def at(path: str, *answers: httpx.Response) -> Callable[[httpx.Request], httpx.Response | None]:
    """These answers, in turn, to requests of a path; its own when they are used up."""
    left = list(answers)
    return lambda request: left.pop(0) if left and request.url.path == f"/api/v1/{path}" else None


REFUSED = {
    "403": httpx.Response(403, text="RBAC: access denied"),
    "404": httpx.Response(404, text="default backend - 404"),
    "405": httpx.Response(405),
    "406": httpx.Response(406),
    "413": httpx.Response(413, text="<html><title>413 Request Entity Too Large</title></html>"),
    "415": httpx.Response(415),
    "500": httpx.Response(500, text="not implemented"),
    "500 of the API": httpx.Response(500, json={"errorType": "internal", "error": "not here"}),
    "501": httpx.Response(501),
    "502": httpx.Response(502, text="Bad Gateway"),
    "503": httpx.Response(503, text="no upstream"),
    "Envoy": httpx.Response(503, text="upstream connect error or disconnect/reset before headers"),
    "504": httpx.Response(504, text="<html><h1>504 Gateway Time-out</h1></html>"),
    "html": httpx.Response(200, text="<html>", headers={"Content-Type": "text/html"}),
    "json": httpx.Response(200, json={}),
    "broken": httpx.Response(200, content=b"\xff\x01", headers={"Content-Type": "application/x-protobuf"}),
}


@pytest.mark.parametrize("refusal", REFUSED.values(), ids=REFUSED)
async def test_remote_read_refused_in_any_way_is_left_and_tried_again(
    refusal: httpx.Response,
) -> None:
    server = Server(lambda request: refusal if request.url.path.endswith("/read") else None)
    assert await server.read() == ["up"]
    assert server.took[-1] == "POST query"
    assert await server.read() == ["up"]
    assert server.took == ["POST query"], "not asked with every shard"
    server.clock.now += FIRST_PAUSE_S
    server.refuse = lambda request: None
    assert await server.read() == ["up"]
    assert server.took == ["POST read"], "the better way is taken again as soon as it is open"


async def test_a_limit_of_all_ways_is_one_and_leaves_none_of_them() -> None:
    too_large = httpx.Response(413, text="too many series")
    server = Server(lambda request: too_large if request.url.path.endswith(("/read", "/query")) else None)
    with pytest.raises(SourceLimitError):
        await server.source._ways.read(Span("t", 0, 400_000, 15_000), UP)
    server.refuse = lambda request: None
    assert await server.read() == ["up"]
    assert server.took == ["POST read"]


async def test_a_way_that_stays_refused_is_tried_less_and_less_often() -> None:
    server = Server(lambda request: REFUSED["404"] if request.url.path.endswith("/read") else None)
    pauses, last = [], server.clock.now
    while server.clock.now < 10 * LONGEST_PAUSE_S:
        await server.read()
        if "POST read" in server.took:
            pauses.append(server.clock.now - last)
            last = server.clock.now
        server.clock.now += FIRST_PAUSE_S
    assert pauses[:4] == [0, 15, 30, 60]
    assert max(pauses) == LONGEST_PAUSE_S


async def test_chunks_of_an_encoding_that_is_not_known_are_asked_for_as_samples() -> None:
    asked_for: list[int] = []

    def refuse(request: httpx.Request) -> httpx.Response | None:
        if not request.url.path.endswith("/read"):
            return None
        asked_for.append(len(request.content))
        if len(asked_for) > 1:
            return None
        body = frame(chunk_message({"__name__": "up"}, [[(1000, 3.0)]], kind=4))
        return httpx.Response(200, content=body, headers={"Content-Type": "application/x-streamed-protobuf"})

    server = Server(refuse)
    assert await server.read() == ["up"]
    assert server.took == ["POST read", "POST read"]
    assert server.source.remote_read_kind == ResponseType.SAMPLES.name


@pytest.mark.parametrize("code", [400, 403, 404, 405, 422, 500, 501])
async def test_a_range_selector_refused_in_any_way_is_asked_by_points(code: int) -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        is_open = request.url.path.endswith(("/query_range", "/metadata"))
        return None if is_open else httpx.Response(code, text="not here")

    server = Server(refuse)
    assert await server.read() == ["up"]
    assert server.took[-1] == "POST query_range"


@pytest.mark.parametrize("code", [403, 404, 405, 411, 415, 500, 501, 502, 307])
async def test_where_post_is_refused_a_get_is_sent(code: int) -> None:
    server = Server(lambda request: httpx.Response(code) if request.method == "POST" else None)
    assert await server.source.count("t", UP, WINDOW) == {"up": 2}
    assert await server.read() == ["up"]
    assert server.took[-1] == "GET query"
    await server.source.count("t", UP, WINDOW)
    assert server.asked[-1][0] == "GET", "it is remembered"
    before = len(server.asked)
    server.clock.now += LONGEST_PAUSE_S
    await server.source.count("t", UP, WINDOW)
    methods = [method for method, path, _ in server.asked[before:] if path == "query"]
    assert (methods[0], methods[-1]) == ("POST", "GET"), "and tried again"


async def test_where_the_body_of_a_post_is_lost_a_get_is_sent() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.method != "POST":
            return None
        return httpx.Response(400, json={"status": "error", "errorType": "bad_data", "error": BODY_LOST})

    server = Server(refuse)
    assert await server.source.count("t", UP, WINDOW) == {"up": 2}


async def test_a_first_read_finds_out_that_post_is_refused_too() -> None:
    server = Server(lambda request: httpx.Response(403) if request.method == "POST" else None)
    assert await server.read() == ["up"]
    assert server.took[-1] == "GET query"


async def test_a_selector_too_long_for_a_url_is_asked_for_in_pieces_where_post_is_refused() -> None:
    names = [f"metric_of_a_long_name_{n}" for n in range(1000)]
    server = Server(
        lambda request: httpx.Response(405) if request.method == "POST" else None, " ".join(names)
    )
    longest = 0

    def refuse(request: httpx.Request) -> httpx.Response | None:
        nonlocal longest
        longest = max(longest, len(request.url.raw_path))
        return httpx.Response(405) if request.method == "POST" else None

    server = Server(refuse, " ".join(names))
    selected = Matcher(name="__name__", op="=~", value="|".join(names))
    counts = await server.source.count("t", (selected,), WINDOW)
    assert set(counts) == set(names)
    assert MAX_URL_CHARS / 2 < longest <= MAX_URL_CHARS


async def test_a_question_that_was_read_is_not_asked_by_get() -> None:
    server = Server(lambda request: httpx.Response(403, json=API_ERROR))
    with pytest.raises(SourceError, match="403"):
        await server.source.count("t", UP, WINDOW)
    assert [method for method, path, _ in server.asked if path == "query"] == ["POST"]


def no_regex(request: httpx.Request) -> httpx.Response | None:
    text = parse_qs(request.url.query.decode() + "&" + request.content.decode(errors="replace"))
    asked = [*text.get("query", []), *text.get("match[]", [])]
    if request.url.path.endswith("/read"):
        return httpx.Response(404)
    is_bad = any('__name__="' not in query for query in asked)
    return httpx.Response(400, json=API_ERROR) if is_bad else None


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ('{__name__=~".+"}', ["down", "up", "up_time"]),
        ('{__name__=~"up.*",job="a"}', ["up", "up_time"]),
        ('{__name__=~"up|down"}', ["down", "up"]),
        ('{__name__!="up",job="a"}', ["down", "up_time"]),
        ('{job="a"}', ["down", "up", "up_time"]),
    ],
)
async def test_names_are_asked_for_one_by_one_where_no_expression_on_them_is_taken(
    selector: str, names: list[str]
) -> None:
    server = Server(no_regex, "up down up_time")
    matchers = parse_selector(selector)
    assert sorted(await server.source.count("t", matchers, WINDOW)) == names
    assert await server.read(matchers) == names
    before = len(server.asked)
    assert await server.read(matchers) == names
    assert {path for _, path, _ in server.asked[before:]} == {"query"}, "found out once, and listed once"
    assert all(query.startswith('{__name__="') for _, _, query in server.asked[before:])


async def test_a_source_that_is_away_is_not_asked_in_every_way() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    server = Server(refuse)
    with pytest.raises(SourceUnavailableError):
        await server.read()
    assert [path for _, path, _ in server.asked] == ["read"] * 3


async def test_what_is_broken_altogether_is_told_in_the_words_of_the_best_way() -> None:
    server = Server(lambda request: httpx.Response(502, text="bad gateway" + request.url.path))
    with pytest.raises(SourceUnavailableError, match="bad gateway/api/v1/read"):
        await server.read()
    assert len(server.asked) <= 8


async def test_a_limit_of_a_worse_way_does_not_bring_the_refused_one_back() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/read"):
            return httpx.Response(403)
        is_raw = request.url.path.endswith("/query") and b"count" not in request.content
        return httpx.Response(422, text="too many samples") if is_raw else None

    server = Server(refuse)
    assert await server.read() == [], "the one series is over the limit even alone"
    assert [path for _, path, _ in server.asked].count("read") == 1


EMPTY = httpx.Response(200, content=snappy(b""), headers={"Content-Type": "application/x-protobuf"})


async def test_remote_read_that_never_gives_a_series_is_not_believed_that_there_is_none() -> None:
    server = Server(lambda request: EMPTY if request.url.path.endswith("/read") else None)
    assert await server.read() == ["up"]
    assert server.took == ["POST read", "POST query"]
    assert await server.read() == ["up"]
    assert server.took == ["POST query"], "not asked with every shard"
    server.clock.now += FIRST_PAUSE_S
    server.refuse = lambda request: None
    assert await server.read() == ["up"]
    assert server.took == ["POST read"], "the better way is taken again as soon as it gives some"


async def test_where_both_ways_give_none_there_is_none_and_neither_is_left() -> None:
    server = Server(lambda request: EMPTY if request.url.path.endswith("/read") else None, names="")
    for _ in range(2):
        assert await server.read() == []
        assert server.took == ["POST read", "POST query"]


async def test_remote_read_that_gave_series_is_believed_that_there_are_none() -> None:
    server = Server(lambda request: None)
    await server.read()
    server.refuse = lambda request: EMPTY if request.url.path.endswith("/read") else None
    assert await server.read() == []
    assert server.took == ["POST read"]


async def test_remote_read_that_never_answers_is_left_for_minutes() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        if request.url.path.endswith("/read"):
            raise httpx.ReadTimeout("no byte came")
        return None

    server = Server(refuse)
    assert await server.read() == ["up"]
    assert server.took == ["POST read"] * 3 + ["POST query"]
    server.clock.now += 20 * FIRST_PAUSE_S - 1
    await server.read()
    assert server.took == ["POST query"], "another try costs a whole timeout"
    server.clock.now += 1
    server.refuse = lambda request: None
    assert await server.read() == ["up"]
    assert server.took == ["POST read"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ReadTimeout("slow"), "did not answer in time"),
        (httpx.ConnectTimeout("away"), r"cannot be reached \(no connection in time\)"),
    ],
)
async def test_a_server_that_does_not_answer_is_asked_in_one_more_way_at_most(
    error: Exception, said: str
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise error

    server = Server(refuse)
    with pytest.raises(SourceUnavailableError, match=said):
        await server.read()
    asked = [path for _, path, _ in server.asked]
    assert asked == ["read"] * 3 + ["query"] * isinstance(error, httpx.ReadTimeout)


async def test_a_post_refused_by_a_gateway_with_400_is_sent_as_a_get() -> None:
    def refuse(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(400, text="CSRF token missing") if request.method == "POST" else None

    server = Server(refuse)
    assert await server.source.count("t", UP, WINDOW) == {"up": 2}
    assert await server.read() == ["up"]
    assert server.took[-1] == "GET query"
