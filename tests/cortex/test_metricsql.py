"""A server whose language escapes names instead of quoting them is asked in that form."""

from urllib.parse import parse_qs

import httpx
import pytest

from patternwatch.contracts.matchers import parse_selector
from patternwatch.contracts.settings import SourceSettings
from patternwatch.cortex.metricsql import escaped
from patternwatch.cortex.prometheus import PrometheusSource

# What VictoriaMetrics 1.79.5 (Debian) answered to a quoted label.
REFUSED = {
    "status": "error",
    "errorType": "422",
    "error": (
        'error when executing query="{\\"service.name\\"=\\"orders\\"}" for '
        "(time=1795756217900, step=300000): "
        'labelFilterExpr: unexpected token "\\"service.name\\""; want "ident"; unparsed data: "}"'
    ),
}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('{job="a"}', '{job="a"}'),
        ('{__name__="a.b"}', '{__name__="a.b"}'),
        (r'{"my label"!="a=\"b\""}', r'{my\ label!="a=\"b\""}'),
        ('{"a.b"="x","c-d"!~"y"}[30s]', r'{a\.b="x",c\-d!~"y"}[30s]'),
        ('count by ("a.b") (last_over_time({"c.d"="by (","e"="f"}[1ms]))', None),
    ],
)
def test_names_are_escaped_and_values_stay(query: str, said: str | None) -> None:
    expected = r'count by (a\.b) (last_over_time({c\.d="by (",e="f"}[1ms]))' if said is None else said
    assert escaped(query) == expected


async def test_the_form_without_quotes_is_found_out_once() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/read"):
            return httpx.Response(400, text='unsupported path requested: "/api/v1/read"')
        form = parse_qs(request.content.decode())
        query = form.get("query", form.get("match[]", [""]))[0]
        if request.url.path.endswith("/metadata"):
            return httpx.Response(200, json={"status": "success", "data": {}})
        asked.append(query)
        if '"service.name"' in query:
            return httpx.Response(422, json=REFUSED)
        result = [{"metric": {"__name__": "up", "service.name": "orders"}, "values": [[1, "3"]]}]
        return httpx.Response(200, json={"data": {"result": result}})

    source = PrometheusSource(SourceSettings(url="http://fake"), httpx.MockTransport(answer))
    selected = parse_selector('{"service.name"="orders"}')
    for _ in range(2):
        assert len(await source.samples("t", selected, 0, 400_000)) == 1
    await source.close()
    assert asked == [
        '{"service.name"="orders"}[400001ms]',
        r'{service\.name="orders"}[400001ms]',
        r'{service\.name="orders"}[400001ms]',
    ]
