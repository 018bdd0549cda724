"""That a worker has begun with something that may kill it: what kills workers twice is set aside."""

from pydantic import Field

from patternwatch.contracts.base import Message, Tenant


class Attempt(Message):
    """That a shard's scan, or the making of a report, was begun and has not ended yet. Key: tenant + work.

    >>> Attempt(tenant="default", work="shard/r1-3", tries=2, at_ms=1_760_000_000_000).tries
    2
    """

    tenant: Tenant
    work: str
    """What was begun, the same at every delivery: `shard/ID` or `report/ID`."""
    tries: int = Field(ge=1)
    """How often it was begun, this time too, without that anybody saw its end."""
    at_ms: int
