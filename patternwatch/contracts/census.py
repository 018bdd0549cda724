"""The entities of a shard by place, as they travel."""

from typing import TypeAlias

Census: TypeAlias = dict[str, dict[str, str]]
"""Place (tenant, cluster and namespace between tabs, each empty where unknown) -> name -> kind."""
