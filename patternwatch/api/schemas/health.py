"""Liveness and readiness."""

from typing import Literal

from patternwatch.api.schemas.base import ApiModel


class Check(ApiModel):
    """One thing that readiness depends on."""

    ok: bool
    reason: str = ""


class Readiness(ApiModel):
    """Whether this process can do its work now, and if not, why."""

    ready: bool
    checks: dict[str, Check]


class Liveness(ApiModel):
    """The process answers."""

    status: Literal["alive"] = "alive"
