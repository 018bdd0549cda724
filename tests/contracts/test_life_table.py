"""The table of lives: what it says travels, what was sent before it is read, and broken ones are refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from patternwatch.contracts.codec import decode, encode
from patternwatch.contracts.life_table import LifeRow, LifeTable
from patternwatch.contracts.shard_results import ShardResult
from tests.analysis.incidents import made_up, request_of

CART = LifeRow(
    ("", "north", "shop", "cart"),
    "cart-0",
    "cart",
    series=6,
    scraper="north",
    node="n1",
    ended=[(240, 243, 5), (241, 243, 1)],
    began=[(3, 2)],
    down=239,
)
WEB = LifeRow(("", "north", "shop", "web"), "web-0", "kubelet", series=2)
TOLD = LifeRow(("", "", "", "db-metrics"), "a:80", "db-metrics", series=4, apart=("database", "orders"))
WORKLOADS = [
    {
        "entity": ["", "north", "shop", "cart"],
        "scraper": "north",
        "replicas": [
            {
                "replica": "cart-0",
                "teller": "cart",
                "series": 6,
                "node": "n1",
                "ended": [[240, 243, 5], [241, 243, 1]],
                "began": [[3, 2]],
                "down": 239,
            }
        ],
    },
    {
        "entity": ["", "north", "shop", "web"],
        "scraper": "",
        "replicas": [{"replica": "web-0", "teller": "kubelet", "series": 2}],
    },
]


def result(**fields: Any) -> ShardResult:
    return ShardResult(shard_id="r1-0", number=0, of=1, request=request_of(made_up()), **fields)


def test_a_table_travels() -> None:
    table = LifeTable.of_rows([CART, WEB, TOLD])
    assert (table.aparts, table.apart) == ([("", ""), ("database", "orders")], [0, 0, 1])
    assert not LifeTable.of_rows([CART, WEB]).aparts
    assert not LifeTable.of_rows([CART, WEB]).apart
    assert decode(encode(result(lives=table)), ShardResult).lives == table


def test_workloads_with_their_replicas_are_read_as_the_same_table() -> None:
    raw = encode(result()).replace(
        b'"lives":' + LifeTable().model_dump_json().encode(),
        b'"lives":' + str(WORKLOADS).replace("'", '"').encode(),
    )
    assert decode(raw, ShardResult).lives == LifeTable.of_rows([CART, WEB])


@pytest.mark.parametrize(
    "broken",
    [
        {"entity": [0, 2]},
        {"entity": [0, -1]},
        {"teller": [0]},
        {"series": [6]},
        {"ended": [(2, 240, 243, 5)]},
        {"began": [(-1, 3, 2)]},
        {"down": [(2, 239)]},
        {"apart": [0, 0]},
        {"aparts": [("database", "orders")]},
        {"aparts": [("database", "orders")], "apart": [0, 1]},
    ],
)
def test_columns_that_do_not_fit_are_refused(broken: dict[str, Any]) -> None:
    whole = LifeTable.of_rows([CART, WEB]).model_dump()
    LifeTable.model_validate(whole)
    with pytest.raises(ValidationError, match="do(es)? not fit 2 replicas"):
        LifeTable.model_validate(whole | broken)


@pytest.mark.parametrize("value", [[{}], [3], ["x"], [{"replicas": [{}]}], [{"replicas": [{"replica": 1}]}]])
def test_what_is_neither_is_refused(value: list[Any]) -> None:
    with pytest.raises(ValidationError):
        LifeTable.model_validate(value)
