"""A pydantic error in one line."""

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a value, as `field.path: what is wrong`.

    >>> from patternwatch.contracts.ticks import Tick
    >>> try:
    ...     Tick.model_validate({"tenant": "default", "watch": "shop", "at_ms": "soon"})
    ... except ValidationError as error:
    ...     print(first_problem(error))
    at_ms: Input should be a valid integer, unable to parse string as an integer
    """
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"
