"""Whether a source is there, lets a tenant in and speaks the Prometheus HTTP API; its clock on the way."""

from collections.abc import Callable

from patternwatch.contracts.checks import Checks
from patternwatch.contracts.errors import SourceError
from patternwatch.cortex.clock_skew import skew_s
from patternwatch.cortex.connection import Connection
from patternwatch.cortex.http_errors import is_prometheus, not_prometheus
from patternwatch.cortex.refusal_words import Meaning, meaning_of
from patternwatch.cortex.remedies import NOT_LET_IN

MAX_SKEW_S = 5.0
"""Clocks that are further apart than this put an alert into the wrong step."""


async def check_door(checks: Checks, connection: Connection, tenant: str, now_s: Callable[[], float]) -> bool:
    """Whether the source is there and lets the tenant in; its clock on the way."""
    asked_s = now_s()
    try:
        answer = await connection.ask(tenant, "query", {"query": "vector(1)"})
    except SourceError as error:
        if error.status is None:
            checks.fail("reachable", error.problem, error.remedy)
        else:
            checks.ok("reachable", f"{connection.url} answers")
            checks.fail("tenant" if _is_about_us(error) else "HTTP API", error.problem, error.remedy)
        return False
    took_s = now_s() - asked_s
    if not is_prometheus(answer.body):
        other = not_prometheus(connection.url, answer.body)
        checks.ok("reachable", f"{connection.url} answers")
        checks.fail("HTTP API", other.problem, other.remedy)
        return False
    checks.ok("reachable", f"{connection.url} answers in {took_s * 1000:.0f} ms")
    checks.ok("tenant", f"X-Scope-OrgID: {tenant} is let in")
    _check_clock(checks, answer.headers.get("Date", ""), asked_s + took_s / 2)
    return True


def _is_about_us(error: SourceError) -> bool:
    """Whether it is not the address that is wrong, but who asks."""
    meaning, _ = meaning_of(error.problem) or (None, 0)
    return error.status in NOT_LET_IN or meaning is Meaning.TENANTS


def _check_clock(checks: Checks, date: str, here_s: float) -> None:
    apart_s = skew_s(date, here_s)
    if apart_s is None:
        checks.warn(
            "clock", "the source does not tell its time (no Date header)", "Compare the clocks by hand"
        )
    elif abs(apart_s) > MAX_SKEW_S:
        way = "ahead of" if apart_s > 0 else "behind"
        checks.warn("clock", f"the source's clock is {abs(apart_s):.0f} s {way} ours", "Run NTP on both")
    else:
        checks.ok("clock", f"less than {MAX_SKEW_S:g} s apart")
