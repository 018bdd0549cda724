"""A caller: who asks, whose data it may see, what it may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from patternwatch.contracts.access_settings import Role
from patternwatch.contracts.errors import ForbiddenError
from patternwatch.contracts.settings import TenantSettings


class Right(Enum):
    """What a request needs."""

    READ = "read"
    CHANGE = "change"
    """Start analyses, teach, delete."""
    SEND = "send"
    """Send alerts."""
    READ_ALL = "read all tenants"
    AUDIT = "read the audit log"
    """Who did what: names and addresses of others."""


RIGHTS: dict[Role, frozenset[Right]] = {
    "viewer": frozenset({Right.READ}),
    "operator": frozenset({Right.READ, Right.CHANGE, Right.SEND, Right.AUDIT}),
    "sender": frozenset({Right.SEND}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    name           for people, in the audit log
    key            tells callers apart: of two tokens of one name, too
    tenants        whose data it may see; None: everybody's
    expires_at_ms  when its credentials are over, in ms since 1970; None: not known, or never

    >>> caller = Caller("alice", "alice", frozenset({"a", "b"}), "viewer")
    >>> [caller.may_see(tenant) for tenant in ("a", "a|b", "c", "a|c")]
    [True, True, False, False]
    >>> caller.require(Right.READ)
    >>> caller.require(Right.CHANGE)
    Traceback (most recent call last):
    ...
    patternwatch.contracts.errors.ForbiddenError: alice has the role viewer, which may not change. \
Use a token of the role operator
    """

    name: str
    key: str
    tenants: frozenset[str] | None
    role: Role
    expires_at_ms: int | None = None

    def may_see(self, tenant: str) -> bool:
        """Whether it may see this tenant's data; of several at once (`a|b`), each of them."""
        if self.tenants is None or tenant in self.tenants:
            return True
        return all(part in self.tenants for part in tenant.split("|"))

    def visible(self, tenants: Iterable[TenantSettings]) -> tuple[TenantSettings, ...]:
        """Those of these tenants that it may see."""
        return tuple(tenant for tenant in tenants if self.may_see(tenant.id))

    def require(self, right: Right) -> None:
        """Raise ForbiddenError where it has not this right."""
        if right is Right.READ_ALL:
            self.require(Right.READ)
            if self.tenants is not None:
                raise ForbiddenError(
                    f"{self.name} may see some tenants only, and this tells of all",
                    "Use a token of all tenants",
                )
        elif right not in RIGHTS[self.role]:
            able = next(role for role in ("viewer", "operator") if right in RIGHTS[role])
            raise ForbiddenError(
                f"{self.name} has the role {self.role}, which may not {right.value}",
                f"Use a token of the role {able}",
            )


LOCAL = Caller("local", "local", None, "operator")
"""Everybody who can connect, where no mode is set."""
