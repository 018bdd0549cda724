"""Watches of the settings and watches that are data, as one book."""

from patternwatch.contracts.codec import encode
from patternwatch.contracts.settings import WatchSettings
from patternwatch.contracts.watches import make_watch
from patternwatch.streams.state.watch_book import Watches

CONFIGURED = WatchSettings(name="shop", tenant="a", selector="up")


def selectors(book: Watches) -> dict[str, str]:
    return {watch.name: watch.selector for watch in book.all()}


def test_a_watch_made_over_one_of_the_settings_counts_until_it_is_ended() -> None:
    book = Watches([CONFIGURED], ["a"])
    book.apply(b"a/shop", encode(make_watch("a", "shop", "down", paused=True)), 0)
    book.apply(b"a/bank", encode(make_watch("a", "bank", "bank")), 1)
    assert selectors(book) == {"shop": "down", "bank": "bank"}
    found = book.of("a", "shop")
    assert found is not None
    assert found.paused
    book.apply(b"a/shop", None, 2)
    book.apply(b"a/bank", None, 3)
    assert selectors(book) == {"shop": "up"}
    assert book.of("a", "bank") is None


def test_what_is_no_watch_of_ours_is_passed_over() -> None:
    book = Watches([CONFIGURED], ["a"])
    book.apply(b"a/bank", b"not JSON", 0)
    book.apply(b"a/bank", encode(make_watch("a", "shop", "down")), 1)
    book.apply(b"b/shop", encode(make_watch("b", "shop", "down")), 2)
    book.apply(None, None, 3)
    assert selectors(book) == {"shop": "up"}
    assert book.of("b", "shop") is None
