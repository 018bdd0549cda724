"""What the live view says is what the bank has seen."""

from patternwatch.contracts.watches import make_watch
from patternwatch.watch.episodes.live_view import state_of
from patternwatch.watch.episodes.observation import Observation, SeenEntity, SeenSeries


def test_what_the_bank_took_for_muted_shows_as_muted() -> None:
    series = (
        SeenSeries({"__name__": "up"}, "", False, 4.0, "up is 0, usually 1", muted=True),
        SeenSeries({"__name__": "load"}, "", True, 3.0, "load is 9, usually 2"),
    )
    seen = Observation(
        0, entities=(SeenEntity("cart", 4.0, 0, series), SeenEntity("web", 3.0, 0, muted=True))
    )
    cart, web = state_of(make_watch("default", "shop", "up"), seen, (), 0).entities
    assert [one.muted for one in cart.series] == [True, False]
    assert (cart.muted, web.muted) == (False, True)
