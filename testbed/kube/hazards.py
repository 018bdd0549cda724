"""What is wrong inside of a pod: switches in files of the shared folder, read where they changed.

A file `hazards/NAME.json` holds strengths by switch. NAME is a workload (all of its pods), a workload
with its version (`cart@v2`: a release that has the bug) or one pod. Every switch consumes, keeps,
delays or fails something; none writes to a metric.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import random
import time
from pathlib import Path

from testbed.kube.identity import Identity

READ_EVERY_S = 0.5
BLOCK = b"x" * 1024
BLOCKS_A_MS = 2000
"""Blocks hashed for what takes about a millisecond of one CPU."""


def burn(milliseconds: float) -> None:
    """Use the CPU: a fixed amount of work, so that a throttled process takes longer."""
    digest = hashlib.sha256()
    for _ in range(int(milliseconds * BLOCKS_A_MS)):
        digest.update(BLOCK)


def write_hazard(state: Path, name: str, switches: dict[str, float]) -> None:
    """Switch hazards on; no switches take the file away."""
    path = state / "hazards" / f"{name}.json"
    if not switches:
        path.unlink(missing_ok=True)
        return
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(switches))
    draft.replace(path)


class Hazards:
    """The switches of one pod."""

    def __init__(self, own: Identity) -> None:
        names = (own.workload, f"{own.workload}@{own.version}", own.pod)
        self._paths = [own.folder / "hazards" / f"{name}.json" for name in names]
        self._kept: list[bytes] = []
        self.active: dict[str, float] = {}
        self.read()

    def read(self) -> None:
        """Take over what the files say now."""
        found: dict[str, float] = {}
        for path in self._paths:
            try:
                found |= json.loads(path.read_text())
            except FileNotFoundError:
                continue
        self.active = found
        if "leak" not in found:
            self._kept.clear()

    async def keep_reading(self) -> None:
        """Read again and again; leak, and end the process where a switch says so."""
        born = time.monotonic()
        while True:
            await asyncio.sleep(READ_EVERY_S)
            self.read()
            if leak := self.active.get("leak"):
                self._kept.append(os.urandom(int(leak * READ_EVERY_S)))
            if time.monotonic() - born > self.active.get("crash", 1e9):
                os._exit(1)

    async def before_request(self) -> bool:
        """Slow a request down as the switches say; True where it is to fail."""
        if extra := self.active.get("cpu"):
            burn(extra)
        if late := self.active.get("latency"):
            await asyncio.sleep(random.lognormvariate(0.0, 0.3) * late)
        return random.random() < self.active.get("errors", 0.0)
