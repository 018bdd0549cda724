"""Which series of which replicas began and ended, as a scan sends it: columns, since there are thousands."""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, NamedTuple, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from patternwatch.contracts.descriptions import without_examples
from patternwatch.contracts.lives import EntityKey

T = TypeVar("T", bound=Hashable)


class LifeRow(NamedTuple):
    """What one scrape job tells of one replica (pod, instance): how many series, their ends and beginnings.

    entity   whose replica it is
    scraper  what its samples came through: a cluster's or a Prometheus' name; empty where nothing tells
    teller   the scrape job that tells of it
    ended    first row without a point, row from which on its absence is news, number of series
    began    first row with a point, number of series
    down     row from which on `up` is 0 to the window's end
    apart    a label and its value by which a teller may tell of another entity; empty for its own series

    >>> row = LifeRow(("default", "", "shop", "cart"), "cart-5d4f8c7b9-x2x9k", "kubelet", 12)
    >>> row.series, row.down is None
    (12, True)
    """

    entity: EntityKey
    replica: str
    teller: str
    series: int
    scraper: str = ""
    node: str = ""
    ended: Iterable[tuple[int, int, int]] = ()
    began: Iterable[tuple[int, int]] = ()
    down: int | None = None
    apart: tuple[str, str] = ("", "")


class LifeTable(BaseModel):
    """The replicas that a shard holds series of, R rows; a row is one replica told of by one scrape job.

    >>> row = LifeRow(("", "", "shop", "cart"), "cart-0", "cart", series=6, ended=[(240, 243, 6)])
    >>> table = LifeTable.of_rows([row])
    >>> table.entities[table.entity[0]], table.replica, table.ended
    (('', '', 'shop', 'cart'), ['cart-0'], [(0, 240, 243, 6)])

    Raises ValidationError where columns differ in length, or point at nothing.
    """

    model_config = ConfigDict(
        extra="ignore", frozen=True, use_attribute_docstrings=True, json_schema_extra=without_examples
    )

    entities: list[EntityKey] = Field(default_factory=list)
    scrapers: list[str] = Field(default_factory=list)
    """What samples came through: clusters' or Prometheus' names; empty where nothing tells."""
    tellers: list[str] = Field(default_factory=list)
    """Scrape jobs."""
    nodes: list[str] = Field(default_factory=list)
    entity: list[int] = Field(default_factory=list)
    """By row, the position in `entities`; so are the next three in their lists."""
    scraper: list[int] = Field(default_factory=list)
    teller: list[int] = Field(default_factory=list)
    node: list[int] = Field(default_factory=list)
    replica: list[str] = Field(default_factory=list)
    """By row, its pod or instance; empty where series tell of the entity as a whole."""
    series: list[int] = Field(default_factory=list)
    """By row, how many series tell of it."""
    ended: list[tuple[int, int, int, int]] = Field(default_factory=list)
    """Row here, first row of the window without a point, row from which on its absence is news, number of
    series."""
    began: list[tuple[int, int, int]] = Field(default_factory=list)
    """Row here, first row of the window with a point, number of series."""
    down: list[tuple[int, int]] = Field(default_factory=list)
    """Row here, row of the window from which on `up` is 0 to its end."""
    aparts: list[tuple[str, str]] = Field(default_factory=list)
    """A label and its value by which a program may tell of other entities; empty for series of its own."""
    apart: list[int] = Field(default_factory=list)
    """By row, the position in `aparts`; none at all where no program tells of others."""

    @classmethod
    def of_rows(cls, rows: Iterable[LifeRow]) -> Self:
        """The table of these rows."""
        own = list(rows)
        entities, entity = numbered(row.entity for row in own)
        scrapers, scraper = numbered(row.scraper for row in own)
        tellers, teller = numbered(row.teller for row in own)
        nodes, node = numbered(row.node for row in own)
        aparts, apart = numbered(row.apart for row in own)
        if not any(label for label, _ in aparts):
            aparts, apart = [], []
        return cls(
            entities=entities,
            scrapers=scrapers,
            tellers=tellers,
            nodes=nodes,
            entity=entity,
            scraper=scraper,
            teller=teller,
            node=node,
            replica=[row.replica for row in own],
            series=[row.series for row in own],
            ended=[(i, *end) for i, row in enumerate(own) for end in row.ended],
            began=[(i, *birth) for i, row in enumerate(own) for birth in row.began],
            down=[(i, row.down) for i, row in enumerate(own) if row.down is not None],
            aparts=aparts,
            apart=apart,
        )

    @model_validator(mode="before")
    @classmethod
    def _from_workloads(cls, value: Any) -> Any:
        """The table of what was sent before there was one: a list of workloads with their replicas."""
        if not isinstance(value, list):
            return value
        try:
            return cls.of_rows(_row(life, part) for life in value for part in life["replicas"]).model_dump()
        except (KeyError, TypeError) as error:
            raise ValueError(f"neither a table nor a list of workloads ({error!r})") from error

    @model_validator(mode="after")
    def _whole(self) -> Self:
        rows = len(self.replica)
        columns = [
            ("entity", self.entity, len(self.entities)),
            ("scraper", self.scraper, len(self.scrapers)),
            ("teller", self.teller, len(self.tellers)),
            ("node", self.node, len(self.nodes)),
        ]
        if self.apart or self.aparts:
            columns.append(("apart", self.apart, len(self.aparts)))
        for name, column, names in columns:
            if len(column) != rows or not _lie_within(column, names):
                raise ValueError(f"the column {name!r} does not fit {rows} replicas and {names} names")
        events = [*(e[0] for e in self.ended), *(b[0] for b in self.began), *(d[0] for d in self.down)]
        if len(self.series) != rows or not _lie_within(events, rows):
            raise ValueError(f"ends, beginnings or numbers of series do not fit {rows} replicas")
        return self


def numbered(values: Iterable[T]) -> tuple[list[T], list[int]]:
    """The distinct ones in order, and the position of each among them.

    >>> numbered(["cart", "web", "cart"])
    (['cart', 'web'], [0, 1, 0])
    """
    numbers: dict[T, int] = {}
    of = [numbers.setdefault(value, len(numbers)) for value in values]
    return list(numbers), of


def _lie_within(positions: list[int], length: int) -> bool:
    return not positions or (min(positions) >= 0 and max(positions) < length)


def _row(life: Mapping[str, Any], part: Mapping[str, Any]) -> LifeRow:
    return LifeRow(
        entity=tuple(life["entity"]),
        replica=part["replica"],
        teller=part["teller"],
        series=part["series"],
        scraper=life["scraper"],
        node=part.get("node", ""),
        ended=part.get("ended", ()),
        began=part.get("began", ()),
        down=part.get("down"),
    )
