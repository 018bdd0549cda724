"""A batch job: burns CPU without end, or for some seconds, reads its strength from the hazards."""

from __future__ import annotations

import sys
import time

from testbed.kube.hazards import Hazards, burn
from testbed.kube.identity import Identity


def main() -> int:
    """Work as the hazards file of the workload says; without one, a little for some seconds."""
    switches = Hazards(Identity.read()).active
    until = time.monotonic() + switches.get("seconds", 8.0)
    busy, pause = switches.get("busy_ms", 20.0), switches.get("pause_s", 0.1)
    while time.monotonic() < until:
        burn(busy)
        time.sleep(pause)
    return 0


if __name__ == "__main__":
    sys.exit(main())
