"""What an error says: what was wrong, with the value, and what to do."""

import pytest
from pydantic import BaseModel, ValidationError

from patternwatch.contracts.errors import (
    BrokerUnavailableError,
    DecodeError,
    PatternwatchError,
    SourceError,
    SourceUnavailableError,
)
from patternwatch.contracts.problems import first_problem


@pytest.mark.parametrize("kind", [BrokerUnavailableError, SourceUnavailableError])
def test_an_error_says_its_problem_and_its_remedy_where_it_has_one(kind: type[PatternwatchError]) -> None:
    both = kind("Nobody answers", "Start it")
    assert (str(both), both.problem, both.remedy) == (
        "Nobody answers. Start it",
        "Nobody answers",
        "Start it",
    )
    alone = kind("Nobody answers")
    assert (str(alone), alone.problem, alone.remedy) == ("Nobody answers", "Nobody answers", "")


def test_a_sources_error_keeps_what_the_answer_said() -> None:
    bare = SourceError("Refused")
    assert (bare.status, bare.retry_after_s, bare.is_unclear, bare.is_answer) == (None, None, False, False)
    full = SourceError("Refused", status=429, retry_after_s=2.5, is_unclear=True)
    assert (full.status, full.retry_after_s, full.is_unclear, full.is_answer) == (429, 2.5, True, False)


def test_a_broken_answer_names_the_byte() -> None:
    error = DecodeError("A chunk ends too early", at=17)
    assert str(error) == ("A chunk ends too early, at byte 17. Look for a proxy that alters or cuts answers")
    assert (error.at, error.status) == (17, None)


class Inner(BaseModel):
    sizes: list[int]


class Outer(BaseModel):
    inner: Inner


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"inner": {"sizes": [1, None]}}, "inner.sizes.1: Input should be a valid integer"),
        ({}, "inner: Field required"),
        (7, "the whole: Input should be a valid dictionary or instance of Outer"),
    ],
)
def test_the_first_problem_of_a_value_is_said_with_its_place(value: object, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(value)
    assert first_problem(caught.value) == said
