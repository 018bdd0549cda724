"""An episode that no single series explains says what the users lose."""

from patternwatch.watch.losses.loss_words import losses_in_words
from tests.watch.losses.test_losses import Shop


def test_failures_that_only_stay_are_told_of_the_rows_over_which_they_do() -> None:
    shop = Shop()
    shop.tick(shop.rows(200))
    losses = [shop.tick(shop.rows(2, failed=0.6)) for _ in "abc"][-1]  # 6 %
    assert losses_in_words(shop.losses.memory, losses, 0) == ["216 of 3,600 requests failed in 180 s"]


def test_requests_that_stay_away_are_told_beside_the_usual_ones() -> None:
    shop = Shop()
    shop.tick(shop.rows(200))
    losses = shop.tick(shop.rows(2, asked=(1.0, 1.0)))
    assert losses_in_words(shop.losses.memory, losses, 0) == ["120 requests came in 60 s, usually 1,200"]


def test_few_requests_that_stay_away_are_told_of_more_rows() -> None:
    shop = Shop()
    shop.tick(shop.rows(200, asked=(0.05, 0.05)))
    shop.tick(shop.rows(2, asked=(0.0, 0.0)))
    losses = shop.tick(shop.rows(2, asked=(0.0, 0.0)))
    assert losses_in_words(shop.losses.memory, losses, 0) == ["0 requests came in 120 s, usually 12"]


def test_nothing_is_told_where_nothing_is_lost_or_known() -> None:
    shop = Shop()
    losses = shop.tick(shop.rows(200))
    assert losses_in_words(shop.losses.memory, losses, 0) == []
    assert losses_in_words(shop.losses.memory, losses, 7) == []
