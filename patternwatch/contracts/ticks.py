"""The time to look at a watch: the topic `ticks`."""

from patternwatch.contracts.base import Message, Tenant


class Tick(Message):
    """Time to look at a watched cluster. Key: tenant + watch.

    >>> Tick(tenant="default", watch="shop", at_ms=1000).model_dump_json()
    '{"schema_version":2,"tenant":"default","watch":"shop","at_ms":1000}'
    """

    tenant: Tenant
    watch: str
    at_ms: int
