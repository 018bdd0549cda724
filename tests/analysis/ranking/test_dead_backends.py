"""A load balancer tells of a server that is gone; the server is named first."""

import numpy as np
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World


def behind_a_proxy(server: str, ends: bool = True, shards: int = 1) -> Report:
    """Two instances of `web` behind HAProxy, which calls them `server` and a number."""
    world = World()
    world.services(6)
    since = np.arange(ROWS) >= ROW
    for n in (1, 2):
        gone = ends and n == 1
        own = {"job": "web", "instance": f"web-{n}:3000"}
        world.replica(own, gone=ROW if gone else ROWS)
        world.add("up", np.where(since & gone, 0.0, 1.0), **own)
        lb = {"job": "haproxy", "instance": "lb:8404", "proxy": "shop", "server": server.format(n)}
        for state, at in (("UP", ~since), ("DOWN", since)):
            told = at if n == 1 else np.full(ROWS, state == "UP")
            world.add("haproxy_server_status", np.where(told, 1.0, 0.0), state=state, **lb)
        failed = np.where(since & (n == 1), 5.0, 0.02) + 0.01 * world.rng.random(ROWS)
        world.add("haproxy_server_connection_errors_total", failed, **lb)
    return world.report(shards)


@pytest.mark.parametrize("server", ["web-{}", "web-{}:3000"])
def test_the_server_that_ended_goes_before_the_proxy_that_says_so(server: str) -> None:
    report = behind_a_proxy(server)
    assert [e.entity for e in report.entities[:2]] == ["web/web-1", "shop"]
    assert encode(behind_a_proxy(server, shards=4)) == encode(report)


def test_a_proxy_that_cannot_reach_a_server_which_lives_is_told_itself() -> None:
    assert behind_a_proxy("web-{}", ends=False).entities[0].entity == "shop"


def test_another_name_is_another_server() -> None:
    assert behind_a_proxy("backend-{}").entities[0].entity == "shop"
