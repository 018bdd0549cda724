"""Times and results as the Prometheus HTTP API has them.

Source: Prometheus documentation, "HTTP API", "Format overview".
"""

from typing import Any


def seconds(ms: int) -> str:
    """A time as the HTTP API takes it.

    >>> seconds(1_500)
    '1.500'
    """
    return f"{ms // 1000}.{ms % 1000:03d}"


def is_result(data: Any) -> bool:
    """Whether `data` is that of a query's answer."""
    return isinstance(data, dict) and isinstance(data.get("result"), list)


def is_matrix(data: Any) -> bool:
    """Whether `data` holds samples over time, or none: gateways make vectors of range selectors."""
    return is_result(data) and (not data["result"] or data.get("resultType", "matrix") == "matrix")
