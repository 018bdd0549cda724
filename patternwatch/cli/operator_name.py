"""Who runs a command, for the records that say who changed what."""

import getpass
import os


def operator_name() -> str:
    """The user's name; its number where it has none, as in a container that runs under any number.

    >>> bool(operator_name())
    True
    """
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # OSError from Python 3.13 on
        return str(os.getuid())
