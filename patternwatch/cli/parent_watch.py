"""What a command starts ends with it, even where the command is killed and can end nothing any more.

Else its API would hold the database, and its worker go on, while the next `patternwatch up` wants both.
"""

import os
import signal
import threading
import time
from collections.abc import MutableMapping

_VARIABLE = "ENDS_WITH_PROCESS"
_LOOK_S = 1.0


def ends_with_us() -> dict[str, str]:
    """The variable that tells a process of ours, started with it, to end with this one."""
    return {_VARIABLE: str(os.getpid())}


def end_with_parent(environment: MutableMapping[str, str], look_s: float = _LOOK_S) -> None:
    """Send this process SIGTERM once the one is gone that started it, where it was told so.

    environment  of this process; the variable is taken out, since it is not for what this one starts

    >>> environment = {"HOME": "/"}
    >>> end_with_parent(environment)
    >>> environment
    {'HOME': '/'}
    """
    parent = environment.pop(_VARIABLE, "")
    if not parent.isdecimal():
        return

    def look() -> None:
        while os.getppid() == int(parent):
            time.sleep(look_s)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, name="parent-watch", daemon=True).start()
