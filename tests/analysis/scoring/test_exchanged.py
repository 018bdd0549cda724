"""What goes from one to another is no trouble of either: roles, traffic and the work that comes with it."""

import numpy as np
import pytest

from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS, SPLIT
from tests.analysis.lifecycle.worlds import World

SINCE = np.arange(ROWS) >= SPLIT + 2


def first_score(world: World) -> float:
    """The score of the likeliest cause, 0 without one."""
    return max((entity.score for entity in world.report().entities), default=0.0)


def roles(metric: str, led: float, follows: float, instances: int = 3, **labels: str) -> World:
    """Instances of which the first leads before a row, and the second from then on."""
    world = World()
    world.services(6)
    for n in range(instances):
        leads = ~SINCE if n == 0 else SINCE if n == 1 else np.zeros(ROWS, dtype=bool)
        own = {"job": "store", "instance": f"store-{n}:9000", **labels}
        world.add(metric, np.where(leads, led, follows), **own)
    return world


@pytest.mark.parametrize(
    ("metric", "led", "follows"),
    [
        ("kafka_controller_kafkacontroller_activecontrollercount", 1.0, 0.0),
        ("patroni_primary", 1.0, 0.0),
        ("keepalived_vrrp_state", 2.0, 1.0),
        ("redis_connected_slaves", 2.0, 0.0),
    ],
)
def test_a_planned_failover_names_nobody(metric: str, led: float, follows: float) -> None:
    assert 0.0 < first_score(roles(metric, led, follows)) < CLEAR_SCORE


def test_a_role_that_nobody_takes_over_counts_whole() -> None:
    assert first_score(roles("patroni_primary", 1.0, 0.0, instances=1)) > CLEAR_SCORE


def test_the_states_of_one_thing_are_no_roles() -> None:
    world = World()
    world.services(6)
    for state, flag in (("standby", ~SINCE), ("lost", SINCE)):
        world.add("store_mode", flag.astype(float), job="store", instance="store-0:9000", mode=state)
    assert first_score(world) > CLEAR_SCORE


def switched(failures: float = 0.005) -> World:
    """Traffic that goes from blue to green at once, with so many of green's requests failing."""
    world = World()
    world.services(4)
    for colour, serves in (("blue", ~SINCE), ("green", SINCE)):
        share = failures if colour == "green" else 0.005
        for n in range(2):
            own = {"job": "web", "service": f"web-{colour}", "instance": f"10.7.{len(colour)}.{n}:8080"}
            noise = 1.0 + 0.05 * world.rng.normal(size=ROWS)
            world.add("http_requests_total", 40.0 * serves * noise, **own, code="200")
            world.add("http_requests_total", 40.0 * share * serves * noise, **own, code="500")
            world.add("process_cpu_seconds_total", (0.01 + 0.4 * serves) * noise, **own)
    return world


def test_traffic_that_is_switched_names_neither_side() -> None:
    assert first_score(switched()) < CLEAR_SCORE


def test_a_side_that_fails_more_than_the_other_did_is_found() -> None:
    report = switched(failures=0.4).report()
    assert report.entities[0].entity == "web-green"
    assert report.entities[0].score > CLEAR_SCORE


def test_unlike_services_are_no_stand_ins() -> None:
    """One hog of a processor ends as another one begins, elsewhere."""
    world = World()
    world.services(6)
    for name, busy in (("catalogue", ~SINCE), ("payment", SINCE)):
        noise = 0.01 * np.abs(world.rng.normal(size=ROWS))
        world.add("cpu", busy + noise, service=name, job=name)
    report = world.report()
    first = report.entities[0]
    # work alone, as it is, stays just below the bar; half of it would lie far below
    assert (first.entity, 0.9 * CLEAR_SCORE < first.score < CLEAR_SCORE) == ("payment", True)


def test_the_reason_is_told() -> None:
    report = roles("redis_connected_slaves", 2.0, 0.0).report()
    assert "it changed places with another one" in report.findings[0].why
