"""Who a pod is: what the downward API tells a process, read once from its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path


@dataclass(frozen=True)
class Identity:
    """A pod as its own processes know it."""

    pod: str
    namespace: str
    workload: str
    version: str
    node: str
    ip: str
    dns: str
    state: str
    """Folder shared with the controller: switches of hazards, settings, certificates."""

    @property
    def folder(self) -> Path:
        """The shared folder as a path."""
        return Path(self.state)

    def environment(self) -> dict[str, str]:
        """The variables that tell a process."""
        return {f"POD_{item.name.upper()}": getattr(self, item.name) for item in fields(self)}

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Identity:
        """What :meth:`environment` wrote; a KeyError names what is absent."""
        given = os.environ if environment is None else environment
        return cls(*(given[f"POD_{item.name.upper()}"] for item in fields(cls)))
