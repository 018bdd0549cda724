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
    assert parse_selector(r'{a="\"\\\n\x41\u00fc\101"}')[0].value == '"\\\nAüA'


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "empty"),
        ("{}", "empty"),
        ('{a=~".*"}', "matches every series"),
        ('{a="b"', "expected '}'"),
        ('{a="b"}x', "nothing more"),
        ("{a}", "one of"),
        ("{a=b}", "quoted value"),
        ('{a="b" c="d"}', "',' or '}'"),
        ('{="b"}', "label name"),
        ('{a=~"("}', "regular expression"),
        ("up[5m]", "'{'"),
        ('up{"down"}', "one metric name only"),
        ('{"up","down"}', "one metric name only"),
        ('{""="x"}', "label name"),
        ('{"a.b"=c}', "quoted value"),
        ('{"a.b","c.d"="e"', "expected '}'"),
    ],
)
def test_a_bad_selector_says_what_is_wrong(text: str, part: str) -> None:
    with pytest.raises(SelectorError, match=part.replace("|", r"\|")):
        parse_selector(text)


def test_matching_is_anchored_and_absent_labels_are_empty() -> None:
    labels = {"job": "api-1"}
    assert Matcher(name="job", op="=~", value="api-.").matches(labels)
    assert not Matcher(name="job", op="=~", value="api").matches(labels)
    assert Matcher(name="job", op="!~", value="api").matches(labels)
    assert Matcher(name="zone", op="!=", value="a").matches(labels)
    assert Matcher(name="zone", value="").matches(labels)
