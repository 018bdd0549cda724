"""What every group of settings shares: strict names, and types that several groups use."""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from patternwatch.contracts.errors import SelectorError
from patternwatch.contracts.matchers import parse_selector

_MAX_INTEGER = 2**53
"""Beyond it a float tells neighbours no longer apart."""
_MAX_FLOAT = 1e9
"""Seconds in thirty years; timers of threads bear nine times as many."""


class Settings(BaseModel):
    """Base of every group of settings: immutable, and an unknown name is an error, not a silent default.

    >>> class Cache(Settings):
    ...     size: int = 10
    >>> Cache(sice=20)
    Traceback (most recent call last):
    ...
    pydantic_core._pydantic_core.ValidationError: 1 validation error for Cache
    sice
      Extra inputs are not permitted...
    """

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # it may be a secret, or an address with one in it
    )

    @field_validator("*")
    @classmethod
    def _is_counted(cls, value: object) -> object:
        """Larger numbers are slips, and overflow in arrays and timers."""
        largest = _MAX_INTEGER if isinstance(value, int) else _MAX_FLOAT
        if isinstance(value, int | float) and abs(value) > largest:
            raise ValueError(f"{value:g} is too large: no more than {largest:g}")
        return value


def regular_expression(text: str) -> str:
    """The text itself; raises ValueError where it is no regular expression of Python's `re`.

    >>> regular_expression("_(client|remote)$")
    '_(client|remote)$'
    >>> regular_expression("_(client")
    Traceback (most recent call last):
    ...
    ValueError: '_(client' is no regular expression: missing ), unterminated subpattern at position 1
    """
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


RegularExpression: TypeAlias = Annotated[str, AfterValidator(regular_expression)]


def selector(text: str) -> str:
    """The text itself; raises ValueError where it is no selector of series or alerts.

    >>> selector('{severity="none"}')
    '{severity="none"}'
    >>> selector("{severity}")
    Traceback (most recent call last):
    ...
    ValueError: The selector '{severity}' cannot be read at character 10: expected one of = != =~ !~. ...
    """
    try:
        parse_selector(text)
    except SelectorError as error:
        raise ValueError(str(error)) from error
    return text


LabelName: TypeAlias = Annotated[str, Field(pattern=r"^([^\s\"{}]{1,200})?$")]
"""Of one label; empty where none is meant."""
Selector: TypeAlias = Annotated[str, AfterValidator(selector)]
