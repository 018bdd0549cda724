"""A track that began in time takes over from one that ends; others do not."""

from collections.abc import Sequence

from patternwatch.analysis.lifecycle.facts import Intended
from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
from patternwatch.analysis.lifecycle.takeovers import with_takeovers
from patternwatch.analysis.lifecycle.turnover import turnover_of

ENDS = 250
NAMESPACES = {"mail-green": "staging"}


def track(name: str, born: Sequence[int | None], gone: int | None = None) -> Group:
    replicas = [
        Replica(f"{name}-{n}", "", {name: Teller(6, gone, b, None, None)}) for n, b in enumerate(born)
    ]
    return Group(name, "deployment", frozenset(), replicas)


def told(*groups: Group) -> dict[str, tuple[str, float]]:
    turnovers = [t for g in groups if (t := turnover_of(g, Intended(), earliest=60)) is not None]
    found = with_takeovers(turnovers, groups, lambda name: ("", "", NAMESPACES.get(name, "shop")))
    return {t.group.entity: (t.kind, t.weight) for t in found}


def test_green_that_began_before_blue_ended_takes_over() -> None:
    found = told(track("cart-blue", [None, None], ENDS), track("cart-green", [200, 200]))
    assert found == {"cart-blue": ("rollout", 0.0), "cart-green": ("began", 0.0)}


def test_a_release_under_a_name_of_its_own_takes_over() -> None:
    assert told(track("cart-v003", [None], ENDS), track("cart-v004", [240]))["cart-v003"][0] == "rollout"


def test_of_versions_side_by_side_one_that_is_gone_is_missed() -> None:
    versions = track("reviews-v1", [None]), track("reviews-v2", [None], ENDS), track("reviews-v3", [None])
    assert told(*versions) == {"reviews-v2": ("ended", 1.0)}


def test_what_begins_later_or_with_too_few_replicas_takes_nothing_over() -> None:
    blue = track("cart-blue", [None, None, None], ENDS)
    assert told(blue, track("cart-green", [ENDS + 1] * 3))["cart-blue"] == ("ended", 1.0)
    assert told(blue, track("cart-green", [200, 200]))["cart-blue"] == ("ended", 1.0)
    assert told(blue, track("cart-green", [200, 200, 200]))["cart-blue"] == ("rollout", 0.0)


def test_a_track_of_another_namespace_takes_nothing_over() -> None:
    assert told(track("mail-blue", [None], ENDS), track("mail-green", [200]))["mail-blue"] == ("ended", 1.0)


def test_another_application_takes_nothing_over() -> None:
    found = told(track("cart-blue", [None], ENDS), track("search-green", [200]))
    assert (found["cart-blue"][0], found["search-green"][0]) == ("ended", "began")
    assert found["search-green"][1] > 0
