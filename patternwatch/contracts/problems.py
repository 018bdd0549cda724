"""What pydantic found wrong, in one line."""

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """The first thing that is wrong with a value, as `field.path: what is wrong`."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"]) or "the whole"
    return f"{where}: {first['msg']}"
