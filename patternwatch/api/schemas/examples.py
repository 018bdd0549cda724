"""Labelled examples."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from patternwatch.api.schemas.base import ListPage
from patternwatch.contracts.arrays import Points
from patternwatch.contracts.labelled_examples import LabelledExample
from patternwatch.contracts.patterns import Pattern


class LabelledExampleCreate(BaseModel):
    """Something to teach: what a finding of a report is, or what a window of points shows."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True, arbitrary_types_allowed=True)

    name: Annotated[str, StringConstraints(max_length=200)]
    """What it is: the name of a pattern, or of a shape of the tenant's own."""
    report_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    series_id: Annotated[str, StringConstraints(max_length=200)] | None = None
    """Of the finding; or its rank."""
    values: Points | None = None
    """Without a report: the points of the window."""
    split: int | None = None
    """First row of their current part."""
    series: Annotated[str, StringConstraints(max_length=1000)] = ""
    called: Pattern | None = None
    """What the classifier called it."""
    labelled_by: Annotated[str, StringConstraints(max_length=200)] = ""


class ExampleList(ListPage):
    """Examples, the latest first."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    examples: list[LabelledExample]
