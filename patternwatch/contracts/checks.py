"""The findings of `patternwatch doctor`: one check a line, each with what to change."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict

Verdict: TypeAlias = Literal["ok", "warn", "fail"]


class Check(BaseModel):
    """One thing that was tried: `warn` works, but not as it should; `fail` does not work.

    >>> Check(area="kafka", name="broker", verdict="ok", finding="answers within 3 ms").remedy
    ''
    """

    model_config = ConfigDict(frozen=True)

    area: str
    name: str
    verdict: Verdict
    finding: str
    remedy: str = ""


class Checks:
    """The checks of one area, in the order in which they were made.

    >>> checks = Checks("kafka")
    >>> checks.ok("broker", "answers within 3 ms")
    >>> checks.fail("topics", "there is no topic `reports`", "Start a worker, or create it")
    >>> [(check.name, check.verdict) for check in checks.made], is_sound(checks.made)
    ([('broker', 'ok'), ('topics', 'fail')], False)
    """

    def __init__(self, area: str) -> None:
        self._area = area
        self.made: list[Check] = []

    def ok(self, name: str, finding: str) -> None:
        """It works."""
        self._add(name, "ok", finding, "")

    def warn(self, name: str, finding: str, remedy: str) -> None:
        """It works, but not as it should."""
        self._add(name, "warn", finding, remedy)

    def fail(self, name: str, finding: str, remedy: str) -> None:
        """It does not work."""
        self._add(name, "fail", finding, remedy)

    def _add(self, name: str, verdict: Verdict, finding: str, remedy: str) -> None:
        self.made.append(Check(area=self._area, name=name, verdict=verdict, finding=finding, remedy=remedy))


def is_sound(checks: Iterable[Check]) -> bool:
    """Whether no check fails.

    >>> is_sound([Check(area="kafka", name="broker", verdict="warn", finding="slow")])
    True
    """
    return all(check.verdict != "fail" for check in checks)
