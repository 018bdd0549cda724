"""What every answer has in common."""

from pydantic import BaseModel, ConfigDict


class ApiModel(BaseModel):
    """Base of the answers."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)


class Deleted(ApiModel):
    """How many were deleted."""

    deleted: int
