import pytest
from hypothesis import given
from hypothesis import strategies as st

from patternwatch.contracts.errors import SelectorError
from patternwatch.contracts.matchers import Matcher, format_selector, parse_selector

_names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True) | st.text(min_size=1, max_size=9)
_values = st.text(min_size=1, max_size=20)


@given(st.lists(st.tuples(_names, st.sampled_from(["=", "!="]), _values), max_size=4))
def test_what_is_formatted_reads_back_the_same(parts: list[tuple[str, str, str]]) -> None:
    matchers = (
        Matcher(name="cluster", value="a"),
        *(Matcher.model_validate({"name": n, "op": o, "value": v}) for n, o, v in parts),
    )
    assert parse_selector(format_selector(matchers)) == matchers


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_with_a_selector_error(text: str) -> None:
    try:
        found = parse_selector(text)
    except SelectorError as error:
        assert error.remedy
    else:
        assert parse_selector(format_selector(found)) == found


def test_a_metric_name_and_all_operators_are_read() -> None:
    found = parse_selector("""up{a="x", b!='y', c=~`d|e`, f!~"g.*",}""")
    assert [(m.name, m.op, m.value) for m in found] == [
        ("__name__", "=", "up"),
        ("a", "=", "x"),
        ("b", "!=", "y"),
        ("c", "=~", "d|e"),
        ("f", "!~", "g.*"),
    ]


@pytest.mark.parametrize(
    ("text", "read", "written"),
    [
        ('{"k8s.namespace.name"="shop"}', [("k8s.namespace.name", "=", "shop")], None),
        ('{"http.requests"}', [("__name__", "=", "http.requests")], '{__name__="http.requests"}'),
        (
            '{ "http.requests" , "service.name" =~ "a|b", job!="c", }',
            [("__name__", "=", "http.requests"), ("service.name", "=~", "a|b"), ("job", "!=", "c")],
            '{__name__="http.requests","service.name"=~"a|b",job!="c"}',
        ),
        ("{'a.b'='x'}", [("a.b", "=", "x")], '{"a.b"="x"}'),
        (r'{"quoted \"q\""="x"}', [('quoted "q"', "=", "x")], None),
        ('{"job"="a"}', [("job", "=", "a")], '{job="a"}'),
        ('{"a:b"="x"}', [("a:b", "=", "x")], None),
        ('up{"service.name"="x"}', [("__name__", "=", "up"), ("service.name", "=", "x")], None),
    ],
)
def test_names_of_any_characters_are_quoted(
    text: str, read: list[tuple[str, str, str]], written: str | None
) -> None:
    found = parse_selector(text)
    assert [(m.name, m.op, m.value) for m in found] == read
    if written is not None:
        assert format_selector(found) == written
    assert parse_selector(format_selector(found)) == found


def test_escapes_are_those_of_promql() -> None:
    assert parse_selector(r'{a="\"\\\n\x41\u00fc\U0001F600\101"}')[0].value == '"\\\nAü😀A'
    assert parse_selector(r'{a="`\x41"}')[0].value == "`A"
    assert parse_selector(r"{a=`\x41`}")[0].value == r"\x41"
    assert parse_selector(r'{a="\a\b\f\r\t\v\q"}')[0].value == "\a\b\f\r\t\vq"


@pytest.mark.parametrize(
    ("text", "at", "wanted"),
    [
        ('{a="b"', 7, "'}'"),
        ("{", 2, "'}'"),
        ('{"a.b","c.d"="e"', 17, "'}'"),
        ('{a="b"}x', 8, "nothing more"),
        ('{a="b"} }', 9, "nothing more"),
        ("{a}", 3, "one of = != =~ !~"),
        ("{a=b}", 4, "a quoted value"),
        ("{ a = b }", 7, "a quoted value"),
        ('{"a.b"=c}', 8, "a quoted value"),
        ('{a="b" c="d"}', 8, "',' or '}'"),
        ('{="b"}', 2, "a label name"),
        ('{""="x"}', 2, "a label name"),
        ('{a="b",,}', 8, "a label name"),
        ("up[5m]", 3, "'{'"),
        (" up x", 5, "'{'"),
        ('up{"down"}', 4, "one metric name only"),
        ('{"up" , "down"}', 9, "one metric name only"),
        ('{__name__="up","down"}', 16, "one metric name only"),
    ],
)
def test_a_selector_that_cannot_be_read_says_from_where_on_and_how_to_write_it(
    text: str, at: int, wanted: str
) -> None:
    with pytest.raises(SelectorError) as refused:
        parse_selector(text)
    assert str(refused.value) == (
        f"The selector {text!r} cannot be read at character {at}: expected {wanted}. "
        """Write it as {label="value", other=~"a|b"}"""
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (
                text,
                (
                    f"The selector {text.strip()!r} is empty or matches every series. "
                    'Name at least one label with a value, for example {cluster="prod-1"}'
                ),
            )
            for text in ("", "{}", " { } ", '{a=~".*"}', '{a=~".*",b!="c"}')
        ),
        (
            '{a=~"("}',
            (
                "'(' is no regular expression: missing ), unterminated subpattern at position 0. "
                "Escape its special characters"
            ),
        ),
        (
            '{a="x",b!~"["}',
            (
                "'[' is no regular expression: unterminated character set at position 0. "
                "Escape its special characters"
            ),
        ),
    ],
)
def test_a_selector_that_selects_everything_or_cannot_be_matched_says_what_to_do(
    text: str, said: str
) -> None:
    with pytest.raises(SelectorError) as refused:
        parse_selector(text)
    assert str(refused.value) == said


def test_a_pattern_for_the_name_may_stand_beside_a_name() -> None:
    found = parse_selector('{__name__=~"up|down","up"}')
    assert [(m.op, m.value) for m in found] == [("=~", "up|down"), ("=", "up")]


def test_matching_is_anchored_and_absent_labels_are_empty() -> None:
    labels = {"job": "api-1"}
    assert Matcher(name="job", op="=~", value="api-.").matches(labels)
    assert not Matcher(name="job", op="=~", value="api").matches(labels)
    assert Matcher(name="job", op="!~", value="api").matches(labels)
    assert Matcher(name="zone", op="!=", value="a").matches(labels)
    assert Matcher(name="zone", value="").matches(labels)
