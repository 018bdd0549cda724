"""From series to entities: whose series it is, and which entity is the likeliest cause."""

from collections.abc import Mapping, Sequence

import pytest

from patternwatch.analysis.entities.call_graph import call_graph
from patternwatch.analysis.entities.entities import Entity, rank_entities


def test_copies_of_one_metric_weigh_as_much_as_one() -> None:
    a, b = Entity("a", "service"), Entity("b", "service")
    ranked = rank_entities(
        [a, a, a, b, b, Entity("c", "service")],
        ["cpu", "cpu", "cpu", "cpu", "latency", "cpu"],
        [2.0, 2.0, 2.0, 1.8, 1.0, 0.0],
        list("uvwxyz"),
    )
    assert [(r.entity.name, r.members) for r in ranked] == [("b", (3, 4)), ("a", (0, 1, 2))]
    assert [r.score for r in ranked] == pytest.approx([1.8 + 0.5, 2.0])


def names_of(categories: Sequence[str], scores: Sequence[float], callee: str = "callee") -> list[str]:
    entities = [Entity(name, "service") for name in ("caller", "caller", "callee")]
    graph = call_graph([("caller", callee)])
    return [r.entity.name for r in rank_entities(entities, categories, scores, list("xyz"), graph)]


def test_a_caller_has_its_errors_from_a_callee_that_shows_them_too() -> None:
    assert names_of(["error"] * 3, [2.0, 2.0, 1.9]) == ["callee", "caller"]
    assert names_of(["error"] * 3, [2.0, 2.0, 1.9], "another") == ["caller", "callee"]
    assert names_of(["error"] * 3, [2.0, 2.0, 0.5]) == ["caller", "callee"]
    assert names_of(["cpu"] * 3, [2.0, 2.0, 1.9]) == ["caller", "callee"]
    assert names_of(["error", "error", "latency"], [2.0, 2.0, 1.9])[0] == "caller"


def caller_scores(
    theirs: float, category: str = "error", callee: str = "callee", own: float = 2.0
) -> dict[str, float]:
    """A caller with trouble of this category at a callee, and a processor of its own at 1; and its callee."""
    ranked = rank_entities(
        [Entity(name, "service") for name in ("caller", "caller", "callee")],
        [category, "cpu", category],
        [own, 1.0, theirs],
        list("xyz"),
        call_graph([("caller", callee)]),
    )
    return {r.entity.name: r.score for r in ranked}


def test_trouble_that_the_callee_has_half_as_much_of_counts_in_part() -> None:
    for scores, caller in (
        (caller_scores(1.0), 1.0 + 0.5),
        (caller_scores(1.5, "latency"), 1.0 + 0.5),
        (caller_scores(1.49, "latency"), 2.0 + 0.5),
        (caller_scores(0.99), 2.0 + 0.5),
        (caller_scores(1.9, "memory"), 2.0 + 0.5),
        (caller_scores(1.9, callee="unknown"), 2.0 + 0.5),
        (caller_scores(1.9, callee="caller"), 2.0 + 0.5),
        (caller_scores(1.9, own=1.5), 1.0 + 0.375),
    ):
        assert scores["caller"] == pytest.approx(caller)


def test_a_cause_counts_what_it_explains_of_its_callers() -> None:
    """So that it goes before strangers whose trouble is as deep as that of its callers."""
    names = ["web", "cart", "redis", "stranger"]
    ranked = rank_entities(
        [Entity(name, "service") for name in names],
        ["error", "availability", "error", "error"],
        [4.0, 3.0, 2.0, 3.5],
        names,
        call_graph([("web", "cart"), ("cart", "redis")]),
    )
    assert [(r.entity.name, r.score) for r in ranked] == [
        ("redis", 4.5), ("stranger", 3.5), ("cart", 2.0), ("web", 2.0)
    ]  # fmt: skip
    assert [r.passed_on for r in ranked[2:]] == [{"availability": "redis"}, {"error": "cart"}]


def test_trouble_that_a_caller_bears_out_is_seldom_a_strangers() -> None:
    """What both tell of themselves counts as a further category of the callee, half."""
    names = ["web", "cart", "stranger", "stranger"]
    categories = ["latency", "latency", "latency", "cpu"]

    def scores(callee: str, teller: str = "") -> dict[str, float]:
        ranked = rank_entities(
            [Entity(name, "service") for name in names],
            categories,
            [3.0, 4.0, 4.0, 1.0],
            list("wxyz"),
            call_graph([("web", callee)]),
            callers=["", teller, "", ""],
        )
        return {r.entity.name: r.score for r in ranked}

    assert scores("cart") == {"cart": 4.0 + 0.5 * 1.5, "stranger": 4.5, "web": 1.5}
    assert scores("another") == {"stranger": 4.5, "cart": 4.0, "web": 3.0}
    assert scores("cart", "web")["cart"] == 4.0  # only the caller has said so


def test_a_caller_counts_what_it_explains_of_its_callees() -> None:
    names = ["web", "cart", "mail", "stranger"]
    ranked = rank_entities(
        [Entity(name, "service") for name in names],
        ["cpu", "latency", "latency", "latency"],
        [1.0, 4.0, 4.0, 3.5],
        names,
        call_graph([("web", "cart"), ("web", "mail")]),
        callers=["", "web", "web", ""],
    )
    assert [(r.entity.name, r.score) for r in ranked] == [
        ("web", 4.5), ("stranger", 3.5), ("cart", 2.0), ("mail", 2.0)
    ]  # fmt: skip


def test_calls_in_a_circle_come_to_an_end() -> None:
    ranked = rank_entities(
        [Entity(name, "service") for name in "ab"],
        ["error"] * 2,
        [4.0, 3.0],
        list("ab"),
        call_graph([("a", "b"), ("b", "a")]),
    )
    assert [(r.entity.name, r.score) for r in ranked] == [("a", 2.0), ("b", 2.0)]


def test_each_category_counts_half_as_much_as_the_one_before_it() -> None:
    a = Entity("a", "service")
    (only,) = rank_entities(
        [a] * 5,
        ["cpu", "cpu", "disk", "error", "memory"],
        [1.0, 4.0, 2.0, 3.0, 0.0],
        ["e", "d", "c", "b", "a"],
    )
    assert only.score == pytest.approx(4.0 + 3.0 / 2 + 2.0 / 4)
    assert only.members == (1, 3, 2, 0)
    (tied,) = rank_entities([a, a, a], ["cpu"] * 3, [1.0, 1.0, 2.0], ["z", "y", "x"])
    assert tied.members == (2, 1, 0)


def names_by_score(scores: Mapping[str, float], from_outside: str = "") -> list[str]:
    entities = [Entity(name, "service") for name in scores]
    categories, ids = ["cpu"] * len(scores), list(scores)
    ranked = rank_entities(entities, categories, list(scores.values()), ids, from_outside=from_outside)
    return [r.entity.name for r in ranked]


def test_of_two_that_say_the_same_the_part_goes_before_the_whole() -> None:
    assert names_by_score({"orders": 2.0, "orders-db": 1.95, "cart": 1.99}) == ["orders-db", "orders", "cart"]
    assert names_by_score({"orders": 2.0, "orders-db": 1.5}) == ["orders", "orders-db"]
    assert names_by_score({"orders": 2.0, "db-orders": 1.99}) == ["orders", "db-orders"]


@pytest.mark.parametrize(
    ("scores", "order"),
    [
        ({"orders": 2.0, "orders-db": 1.8}, ["orders-db", "orders"]),
        ({"orders": 2.0, "orders-db": 1.79}, ["orders", "orders-db"]),
        ({"orders-db": 2.0, "orders": 1.99}, ["orders-db", "orders"]),
        ({"a": 2.0, "a-b": 1.99, "a-b-c": 1.98}, ["a-b", "a-b-c", "a"]),
        ({"web": 3.0, "a": 2.0, "b": 1.99, "c": 1.98, "a-d": 1.97}, ["web", "a-d", "a", "b", "c"]),
        ({"b": 2.0, "a": 2.0, "c": 2.0}, ["a", "b", "c"]),
    ],
)
def test_a_part_goes_before_its_whole_from_95_percent_of_its_score_on(
    scores: Mapping[str, float], order: list[str]
) -> None:
    assert names_by_score(scores) == order


def test_an_entity_seen_from_outside_counts_in_part() -> None:
    scores = {"cart_client": 2.0, "cart": 1.9}
    assert names_by_score(scores, from_outside="_client$") == ["cart", "cart_client"]
    (outside,) = rank_entities([Entity("a_client", "")], ["cpu"], [2.0], ["x"], from_outside="_client$")
    assert outside.score == pytest.approx(1.0)
    assert names_by_score({"payment_client": 2.0, "cart": 0.9}, "_client$") == ["payment_client", "cart"]
