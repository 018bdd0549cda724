"""When each window of a recording begins, breaks and ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from testbed.config.monitoring import SCRAPE_SECONDS
from testbed.faults.registry import CONTROL, FAULTS


@dataclass(frozen=True)
class Timing:
    """Lengths of the parts of a window, in scrape points, and the pause after it in seconds."""

    baseline_points: int = 307
    fault_points: int = 93
    recovery_s: float = 60.0
    warm_up_s: float = 60.0

    @property
    def baseline_s(self) -> float:
        """Healthy time before the fault."""
        return float(self.baseline_points * SCRAPE_SECONDS)

    @property
    def fault_s(self) -> float:
        """Time that the fault is held."""
        return float(self.fault_points * SCRAPE_SECONDS)


@dataclass(frozen=True)
class Window:
    """One window of a recording; all times in seconds from the start of the schedule."""

    name: str
    starts: float
    breaks: float
    ends: float

    @property
    def is_control(self) -> bool:
        """Whether nothing is injected."""
        return self.name.startswith(CONTROL)


def plan_windows(names: Sequence[str], timing: Timing) -> list[Window]:
    """Windows one after the other; a fault's recovery lies before the next window's start.

    Raises:
        ValueError: A name is neither a fault nor a control.
    """
    unknown = [name for name in names if name not in FAULTS and not name.startswith(CONTROL)]
    if unknown:
        raise ValueError(f"unknown faults {unknown}; there are {', '.join(FAULTS)}")
    windows, now = [], timing.warm_up_s
    for name in names:
        breaks = now + timing.baseline_s
        window = Window(name, now, breaks, breaks + timing.fault_s)
        windows.append(window)
        now = window.ends + (0.0 if window.is_control else timing.recovery_s)
    return windows


def total_seconds(windows: Iterable[Window]) -> float:
    """Length of a whole schedule."""
    return max((window.ends for window in windows), default=0.0)
