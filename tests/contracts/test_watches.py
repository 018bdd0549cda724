from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from patternwatch.contracts.errors import WatchError
from patternwatch.contracts.settings import WatchSettings
from patternwatch.contracts.watch_states import SuspectEntity, SuspectSeries
from patternwatch.contracts.watches import Mute, QuietHours, Watch, make_watch

SHOP = '{cluster="shop"}'


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("time", "quiet"),
    [
        ("2026-03-06T21:59", False),  # a Friday
        ("2026-03-06T22:00", True),
        ("2026-03-07T05:59", True),
        ("2026-03-07T06:00", False),
        ("2026-03-07T22:30", False),  # Saturday's night is none of them
    ],
)
def test_quiet_hours_over_midnight_belong_to_the_day_on_which_they_begin(time: str, quiet: bool) -> None:
    hours = QuietHours(days=("fri",), begins="22:00", ends="06:00", time_zone="UTC")
    assert hours.holds_at(at(time)) is quiet
    assert make_watch("a", "shop", SHOP, quiet_hours=(hours,)).opens_at(at(time)) is not quiet


def test_quiet_hours_may_be_written_in_yaml_without_quotes() -> None:
    assert QuietHours.model_validate({"begins": 1320, "ends": 360}).begins == "22:00"


def test_quiet_hours_follow_the_clocks_of_their_place() -> None:
    hours = QuietHours(begins="08:00", ends="09:00", time_zone="Europe/Vienna")
    assert hours.holds_at(at("2026-03-27T07:30"))  # 08:30 in winter
    assert not hours.holds_at(at("2026-03-30T07:30"))  # 09:30 in summer
    assert hours.holds_at(at("2026-03-30T06:30"))


def test_a_mute_ends_at_its_time_and_one_without_never_does() -> None:
    mutes = (Mute(kind="metric", value="up", until_ms=10), Mute(kind="entity", value="batch"))
    watch = make_watch("a", "shop", SHOP, mutes=mutes)
    assert [mute.value for mute in watch.muted_at(9)] == ["up", "batch"]
    assert [mute.value for mute in watch.muted_at(10)] == ["batch"]


def test_a_paused_watch_opens_nothing() -> None:
    assert not make_watch("a", "shop", SHOP, paused=True).opens_at(0)


def test_a_watch_of_the_settings_is_the_same_watch() -> None:
    settings = WatchSettings(name="shop", tenant="a", selector=SHOP, interval_s=0.5, min_score=2.0)
    watch = Watch.of_settings(settings)
    assert (watch.name, watch.tenant, watch.selector, watch.interval_s, watch.min_score) == (
        "shop",
        "a",
        SHOP,
        0.5,
        2.0,
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"selector": "{a}"}, "cannot be read"),
        ({"name": "a/b"}, "name"),
        ({"quiet_hours": ({"begins": "8:00", "ends": "09:00"},)}, "quiet_hours"),
        ({"quiet_hours": ({"begins": "08:00", "ends": "09:00", "time_zone": "Vienna"},)}, "no time zone"),
        ({"false_reports_a_week": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_watched_says_why(changes: dict[str, object], words: str) -> None:
    with pytest.raises(WatchError, match=words):
        make_watch(**({"tenant": "a", "name": "shop", "selector": SHOP} | changes))  # type: ignore[arg-type]


def test_a_state_shows_a_few_entities_and_series_only() -> None:
    one = SuspectSeries(labels={"__name__": "up"}, rises=True, score=1.0)
    with pytest.raises(ValidationError, match="at most 5"):
        SuspectEntity(entity="cart", score=1.0, since_ms=0, series=(one,) * 6)
