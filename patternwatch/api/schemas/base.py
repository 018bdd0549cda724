"""What every answer has in common."""

from pydantic import BaseModel, ConfigDict


class ApiModel(BaseModel):
    """Base of the answers."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class ListPage(ApiModel):
    """A page of a list."""

    total: int
    """How many the list has on all its pages."""
    next: str | None
    """Give it as `before` for the next page; null on the last."""


class Deleted(ApiModel):
    """How many were deleted."""

    deleted: int
