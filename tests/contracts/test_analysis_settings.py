"""A mistake in the analysis settings ends the process at its start, and names the setting."""

import re

import pytest
from pydantic import ValidationError

from patternwatch.contracts.metric_categories import METRIC_CATEGORIES
from patternwatch.contracts.problems import first_problem
from patternwatch.contracts.settings import AnalysisSettings, WatchSettings
from patternwatch.contracts.severity import CLEAR_SCORE


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("metric_categories", {"^checkout_": "trafic"}, r"^metric_categories.*'cpu'.*'other'"),
        ("metric_categories", {"(checkout": "traffic"}, r"^metric_categories.*'\(checkout' is no regular"),
        (
            "client_entity_pattern",
            "_(client",
            r"^client_entity_pattern.*'_\(client' is no regular expression",
        ),
        (
            "heartbeats",
            ['{alertname="Watchdog"}', "{severity}"],
            r"^heartbeats\.1: The selector '{severity}' cannot be read at character 10",
        ),
    ],
)
def test_a_mistake_is_named_at_the_start(setting: str, value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        AnalysisSettings.model_validate({setting: value})
    assert caught.value.error_count() == 1
    assert re.search(said, first_problem(caught.value))


@pytest.mark.parametrize("category", METRIC_CATEGORIES)
def test_every_category_can_be_set(category: str) -> None:
    settings = AnalysisSettings.model_validate({"metric_categories": {"^own_": category}})
    assert settings.metric_categories == {"^own_": category}


def test_a_watch_publishes_from_the_score_that_the_verdict_calls_clear() -> None:
    watch = WatchSettings(name="shop", tenant="default", selector='{cluster="shop"}')
    assert watch.min_score == CLEAR_SCORE


def test_the_alerts_that_are_heartbeats_can_be_set() -> None:
    own = ('{severity="none"}', "Watchdog")
    assert AnalysisSettings(heartbeats=own).heartbeats == own
