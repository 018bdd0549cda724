"""How many files and connections this process may have open at once."""

import resource

_PLENTY = 65_536
"""More is of no use, and a hard limit may be in the millions or none: some programs close them all."""


def raise_open_files() -> None:
    """Take as many as the system lets us: the soft limit, 1,024 mostly, is for programs that use `select`.

    Each open page holds a connection. Of those beyond the limit uvloop closes each at once, without a word.
    Source: Go's runtime does so since 1.19; systemd, "File Descriptor Limits".

    >>> raise_open_files()
    >>> soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    >>> soft >= min(1024, hard) or hard == resource.RLIM_INFINITY
    True
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _PLENTY if hard == resource.RLIM_INFINITY else min(hard, _PLENTY)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return  # a system that allows less than it says
