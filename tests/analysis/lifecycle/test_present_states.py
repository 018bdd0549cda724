"""States that are told by which series is there: one that is trouble begins, and the one before ends."""

import numpy as np
import pytest

from patternwatch.contracts.report import Report
from patternwatch.contracts.severity import CLEAR_SCORE
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World


def application(state: str, until: int = ROWS) -> Report:
    """Argo CD tells of five applications; one leaves `Healthy` for another state, until a row."""
    world = World()
    for name in ("cart", "web", "search", "login", "stock"):
        own = {"job": "argocd-metrics", "instance": "10.1.4.4:8082", "project": "shop"}
        states = [("Healthy", ROW if name == "cart" else ROWS), *[(state, 0)] * (name == "cart")]
        for health, gone in states:
            values = world.add("argocd_app_info", 1.0, **own, health_status=health)
            world.labels[-1]["name"] = name
            values[gone:until] = np.nan
            if not gone:
                values[:] = np.nan
                values[ROW:until] = 1.0
    return world.report()


@pytest.mark.parametrize("state", ["Degraded", "Missing"])
def test_an_application_that_is_no_longer_well_is_named_with_its_state(state: str) -> None:
    report = application(state)
    assert (report.entities[0].entity, report.entities[0].score > CLEAR_SCORE) == ("cart", True)
    assert f"argocd app info (health_status {state}) shifted up from 0 to 1" in report.verdict
    assert report.findings[0].onset_ms == report.window.start_ms + ROW * report.window.step_ms


def test_an_application_that_is_being_changed_is_no_news() -> None:
    assert application("Progressing", until=ROW + 6).entities == []
