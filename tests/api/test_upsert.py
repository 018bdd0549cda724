"""Statements are made once, and the same for all rows of their columns."""

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table
from sqlalchemy.dialects import postgresql, sqlite

from patternwatch.api.read_model.upsert import _statement, higher, not_lower

TABLE = Table(
    "things", MetaData(), Column("id", String, primary_key=True), Column("at", Integer), Column("n", Integer)
)


@pytest.mark.parametrize(("name", "dialect"), [("sqlite", sqlite), ("postgresql", postgresql)])
def test_a_later_row_replaces_the_one_that_is_there(name: str, dialect: object) -> None:
    made = _statement(name, TABLE, ("id", "at", "n"), ("n",), not_lower("at"))
    words = str(made.compile(dialect=dialect.dialect())).split("ON CONFLICT")[1]  # type: ignore[attr-defined]
    assert " ".join(words.split()) == "(id) DO UPDATE SET n = excluded.n WHERE excluded.at >= things.at"


def test_a_statement_is_made_once_for_its_table_columns_and_rule() -> None:
    of_higher = _statement("sqlite", TABLE, ("id", "at"), None, higher("at"))
    assert _statement("sqlite", TABLE, ("id", "at"), None, higher("at")) is of_higher
    assert _statement("sqlite", TABLE, ("id", "at"), None, higher("n")) is not of_higher
    assert _statement("sqlite", TABLE, ("id", "at"), None, not_lower("at")) is not of_higher
    assert _statement("postgresql", TABLE, ("id", "at"), None, higher("at")) is not of_higher
