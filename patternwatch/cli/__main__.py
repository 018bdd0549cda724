"""`patternwatch`, and `python -m patternwatch.cli`."""

import sys

from patternwatch.cli.stop_signals import end_by_signals_though_first

INTERRUPTED = 130
"""As a shell says of a command that Ctrl-C has ended."""


def main() -> None:
    """Run the command of this process's arguments.

    Ctrl-C while the commands are imported, a second or some on a busy machine, is no fault to be traced.
    """
    end_by_signals_though_first()
    try:
        from patternwatch.cli.main import app  # noqa: PLC0415

        app()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
