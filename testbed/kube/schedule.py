"""Which windows are recorded, in which order: the same for the same names and seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from testbed.errors import TestbedError
from testbed.kube.faults.registry import KUBE_FAULTS


@dataclass(frozen=True)
class Planned:
    """One window to record."""

    fault: str
    seed: int


def plan_all(names: Sequence[str], seeds: Sequence[int]) -> list[Planned]:
    """Every name with every seed, all names before the next seed.

    Raises:
        TestbedError: A name is no fault of the Kubernetes testbed.

    >>> [(one.fault, one.seed) for one in plan_all(["pod-kill"], [3, 4])]
    [('pod-kill', 3), ('pod-kill', 4)]
    """
    unknown = [name for name in names if name not in KUBE_FAULTS]
    if unknown:
        raise TestbedError(f"unknown faults {unknown}; there are {', '.join(KUBE_FAULTS)}")
    return [Planned(name, seed) for seed in seeds for name in names]
