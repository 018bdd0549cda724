"""How much there may be at most of what other series count, as a scan sends it."""

from pydantic import Field

from patternwatch.contracts.base import Part

SEPARATOR = "\t"
"""Between the values of a limit's labels."""


class LimitGroup(Part):
    """The limits that one metric tells.

    >>> LimitGroup(metric="process_max_fds", labels=["job"], limits={"cart": 1024.0}).limits["cart"]
    1024.0
    """

    metric: str
    labels: list[str]
    """The names of the labels by which what is used is found, in alphabetical order."""
    limits: dict[str, float] = Field(default_factory=dict)
    """By the values of these labels, parted by tabs: how much there may be at last."""
    before: dict[str, float] = Field(default_factory=dict)
    """Of those that were lowered in the window, how much there might be until then."""
