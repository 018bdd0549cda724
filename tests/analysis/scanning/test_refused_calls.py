"""Refusals count as failures where they take the place of successes, and as traffic elsewhere."""

from collections.abc import Mapping

import numpy as np
import pytest

from patternwatch.analysis.scanning.refused_calls import doors_among, with_refusals
from patternwatch.detectors.base import Vector
from tests.analysis.incidents import ROWS, SPLIT, batch, report_of

RNG = np.random.default_rng(7)
SINCE = np.arange(ROWS) >= SPLIT + 2
WAVE = 1.0 + 0.1 * np.sin(np.arange(ROWS) / 95.0)


def counted(per_row: Vector) -> Vector:
    return RNG.poisson(np.broadcast_to(per_row, ROWS)).astype(float)


def category_of_refusals(
    served: Vector, refused: Vector, ends: tuple[Mapping[str, str], Mapping[str, str]]
) -> str:
    labels = [
        {"__name__": "http_requests_total", "service": "login", "route": "/token", **end} for end in ends
    ]
    doors = doors_among(labels, ["rate", "rate"], ["traffic", "traffic"])
    return with_refusals(["traffic", "traffic"], doors, np.array([served, refused]), ROWS // 5)[1]


HTTP = {"code": "200"}, {"code": "401"}
LOAD = 600 * WAVE
TURNED_AWAY = counted(LOAD * np.where(SINCE, 0.66, 1.0)), counted(LOAD * np.where(SINCE, 0.34, 0.01))


@pytest.mark.parametrize(
    "ends",
    [
        HTTP,
        ({"status": "200", "outcome": "SUCCESS"}, {"status": "403", "outcome": "CLIENT_ERROR"}),
        ({"response_code": "200", "response_flags": "-"}, {"response_code": "429", "response_flags": "RL"}),
        ({"grpc_code": "OK"}, {"grpc_code": "Unauthenticated"}),
        ({"rpc_grpc_status_code": "0"}, {"rpc_grpc_status_code": "8"}),
        ({"status": "200", "uri": "/token"}, {"status": "401", "uri": "UNKNOWN"}),
    ],
)
def test_who_was_served_and_is_turned_away_has_failed(
    ends: tuple[Mapping[str, str], Mapping[str, str]],
) -> None:
    assert category_of_refusals(*TURNED_AWAY, ends) == "error"


def test_a_refusal_that_takes_no_place_is_traffic() -> None:
    guessed = counted(600 * WAVE), counted(600 * np.where(SINCE, 0.34, 0.01))
    assert category_of_refusals(*guessed, HTTP) == "traffic"
    other_answers = {"code": "200"}, {"code": "404"}
    assert category_of_refusals(*TURNED_AWAY, other_answers) == "traffic"
    few = counted(600 * np.where(SINCE, 0.97, 1.0)), counted(600 * np.where(SINCE, 0.03, 0.0))
    assert category_of_refusals(*few, HTTP) == "traffic"


def test_of_what_always_refuses_some_nothing_is_a_failure() -> None:
    for per_row in (0.2, 3.0, 40.0, 900.0):
        for _ in range(50):
            level = per_row * WAVE * np.exp(RNG.normal(0, 0.3, ROWS))
            assert category_of_refusals(counted(level), counted(level / 3), HTTP) == "traffic"


def test_who_refuses_whom_it_served_is_the_cause() -> None:
    labels: list[dict[str, str]] = []
    rows: list[Vector] = []
    for route, broken in (("/token", True), ("/me", False), ("/keys", False)):
        for code, part in (("200", 0), ("401", 1)):
            labels.append(
                {"__name__": "http_requests_total", "service": "login", "route": route, "code": code}
            )
            usual = counted(LOAD * (0.99, 0.01)[part])
            rows.append(TURNED_AWAY[part] if broken else usual)
    series = batch(labels, np.array(rows), ["rate"] * len(rows))
    report = report_of(series)
    first = report.findings[0]
    assert (first.category, first.labels["route"], first.labels["code"]) == ("error", "/token", "401")
    assert first.score > 3.0
