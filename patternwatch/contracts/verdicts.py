"""What a report says in words, and how sure it is."""

from typing import Literal, TypeAlias

from pydantic import Field

from patternwatch.contracts.base import Part


class VerdictPart(Part):
    """A piece of the verdict, so that a page can link an entity and show an instant in local time.

    >>> parts = [VerdictPart(kind="entity", text="cart"), VerdictPart(text=" is the likely cause.")]
    >>> "".join(part.text for part in parts)
    'cart is the likely cause.'
    """

    kind: Literal["text", "entity", "instant"] = "text"
    """`entity`: the name of a likely cause; `instant`: a time of day in UTC."""
    text: str
    ms: int | None = None
    """Of an instant: its time, in ms since 1970."""


HowSure: TypeAlias = Literal["", "high", "medium", "low"]
"""How sure the first entity is the cause, in a word; empty where none is named."""


class VerdictFields(Part):
    """What the verdict is made of, each in pieces: a page, a terminal and a Markdown text draw the same.

    >>> cart = VerdictPart(kind="entity", text="cart")
    >>> fields = VerdictFields(broke=[cart, VerdictPart(text=": errors rose")])
    >>> "".join(part.text for part in fields.broke), fields.stopped
    ('cart: errors rose', [])
    """

    began: list[VerdictPart] = Field(default_factory=list)
    """When the first series of the likely cause left its band, and how that lies to the alert."""
    broke: list[VerdictPart] = Field(default_factory=list)
    """The likely cause, and what its strongest series did."""
    follows: list[VerdictPart] = Field(default_factory=list)
    """Label values that its changed series share and its unchanged ones lack."""
    hit: list[VerdictPart] = Field(default_factory=list)
    """How many series of how many entities changed, and which entities most."""
    now: list[VerdictPart] = Field(default_factory=list)
    """How many of them are back, and where the strongest series is."""
    stopped: list[VerdictPart] = Field(default_factory=list)
    """What ended inside the window."""
    how_sure: list[VerdictPart] = Field(default_factory=list)
    """How often such a report is right."""
    against: list[list[VerdictPart]] = Field(default_factory=list)
    """What speaks against it: the next likely cause and what speaks for that, and what could not be seen."""
