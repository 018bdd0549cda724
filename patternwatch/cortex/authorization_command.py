"""The value of `Authorization` by a command: for clouds whose tokens live minutes and come from a program.

Google's managed Prometheus takes what `gcloud auth print-access-token` prints. AWS signs each request on its
own (SigV4), which no header made in advance can do: docs/source.md shows the proxy that does it.
"""

import asyncio
import subprocess
import time
from collections.abc import Callable, Sequence

from patternwatch.contracts.errors import SourceUnavailableError
from patternwatch.contracts.source_settings import is_header_value

DEADLINE_S = 30.0
"""A command that takes longer is ended."""


class AuthorizationCommand:
    """Runs a command now and then; its output never gets into an error or a log.

    words      of the command, its program first
    refresh_s  how long a value is used
    clock      seconds, rising
    """

    def __init__(
        self,
        words: Sequence[str],
        refresh_s: float,
        clock: Callable[[], float] = time.monotonic,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._words = list(words)
        self._refresh_s = refresh_s
        self._clock = clock
        self._deadline_s = deadline_s
        self._value = ""
        self._until = float("-inf")
        self._running = asyncio.Lock()

    async def value(self, instead_of: str = "") -> str:
        """The header's value; `instead_of` is one that the server did not take.

        Raises SourceUnavailableError where the command fails, takes too long or prints no value.
        """
        async with self._running:
            if self._clock() >= self._until or self._value == instead_of:
                self._value = await asyncio.to_thread(self._run)
                self._until = self._clock() + self._refresh_s
            return self._value

    def _run(self) -> str:
        program = self._words[0]
        try:
            done = subprocess.run(
                self._words,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self._deadline_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _failed(program, f"took longer than {self._deadline_s:g} s") from None
        except OSError as error:
            raise _failed(program, f"cannot be run ({error.strerror})") from None
        if done.returncode != 0:
            raise _failed(program, f"ended with exit code {done.returncode}")
        value = done.stdout.decode(errors="replace").strip()
        if not is_header_value(value):
            raise _failed(program, "printed no value, or several lines")
        return value if " " in value else f"Bearer {value}"


def _failed(program: str, how: str) -> SourceUnavailableError:
    return SourceUnavailableError(
        f"The command {program} of source.authorization_command {how}",
        "Run it by hand as the worker's user, and see what it says",
    )
