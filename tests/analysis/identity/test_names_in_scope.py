"""What entities are called where several places have one of that name."""

import itertools

from patternwatch.analysis.identity.names_in_scope import UNLABELLED, NamesInScope
from patternwatch.contracts.subject import Key

NORTH, SOUTH = Key("", "north", "shop", "cart"), Key("", "south", "shop", "cart")


def test_a_name_that_one_place_has_stands_alone() -> None:
    names = NamesInScope([NORTH, Key("", "south", "shop", "db")])
    assert names.of(NORTH) == "cart"
    assert names.of(Key("", "", "", "")) == UNLABELLED


def test_a_series_that_says_less_is_of_the_one_that_fits() -> None:
    names = NamesInScope(
        [NORTH, Key("", "", "", "cart"), Key("", "", "shop", "cart"), Key("", "", "x", "db")]
    )
    assert {names.of(k) for k in (NORTH, Key("", "", "", "cart"), Key("", "", "shop", "cart"))} == {"cart"}


def test_equal_names_bear_their_places() -> None:
    loose = Key("", "", "", "cart")
    for keys in itertools.permutations([NORTH, SOUTH, loose, Key("", "north", "", "cart")]):
        names = NamesInScope(keys)
        assert names.of(NORTH) == names.of(Key("", "north", "", "cart")) == "north/shop/cart"
        assert names.of(SOUTH) == "south/shop/cart"
        assert names.of(loose) == "cart"
    tenants = [Key("eu", "", "", "cart"), Key("us", "", "", "cart")]
    assert [NamesInScope(tenants).of(key) for key in tenants] == ["eu/cart", "us/cart"]


def test_a_peer_is_the_one_of_the_callers_place() -> None:
    names = NamesInScope([NORTH, SOUTH, Key("", "north", "data", "redis"), Key("", "south", "data", "redis")])
    caller = Key("", "south", "shop", "web")
    assert names.called("cart", caller) == "south/shop/cart"
    assert names.called("redis", caller) == "south/data/redis"
    assert names.called("redis", Key("", "", "", "web")) == "redis"
    assert names.called("elsewhere", caller) == "elsewhere"
