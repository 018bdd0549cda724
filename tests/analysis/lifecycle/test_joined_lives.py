"""What all shards say of replicas, put together in columns, is what one row after the other gives."""

from hypothesis import given, settings
from hypothesis import strategies as st

from patternwatch.analysis.identity.scope import Scope
from patternwatch.analysis.lifecycle.joined_lives import joined_lives
from patternwatch.contracts.life_table import LifeRow, LifeTable
from patternwatch.contracts.owners import OwnerLink
from patternwatch.contracts.shard_results import ShardResult
from tests.analysis.incidents import SETTINGS, made_up, request_of
from tests.analysis.lifecycle.naive_lives import replicas_of

LATE = 6
ROW = st.builds(
    LifeRow,
    entity=st.tuples(
        st.just(""), st.sampled_from(["", "north"]), st.just("shop"), st.sampled_from(["cart", "web", ""])
    ),
    replica=st.sampled_from(["", "a", "b", "c"]),
    teller=st.sampled_from(["", "job", "kubelet"]),
    series=st.integers(0, 6),
    scraper=st.sampled_from(["", "north"]),
    node=st.sampled_from(["", "n1", "n2", "10.0.0.2"]),
    ended=st.lists(st.tuples(st.integers(2, 5), st.integers(5, 8), st.integers(1, 3)), max_size=2),
    began=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3)), max_size=2),
    down=st.none() | st.integers(0, 9),
)
LINKS = [
    OwnerLink(key=("", "", "shop", "a"), kind="rollout", name="owner"),
    OwnerLink(key=("", "", "", "10.0.0.2"), kind="node", name="n2"),
]


def scope_of(owned: bool) -> Scope:
    census = {"\t\tshop": {"cart": "service", "web": "deployment"}, "\tnorth\tshop": {"cart": "job"}}
    result = ShardResult(
        shard_id="r1-0",
        number=0,
        of=1,
        request=request_of(made_up()),
        census=census,
        owners=LINKS if owned else [],
    )
    return Scope([result], SETTINGS)


@settings(max_examples=300, deadline=None)
@given(shards=st.lists(st.lists(ROW, max_size=8), max_size=3), owned=st.booleans())
def test_columns_say_what_one_row_after_the_other_says(shards: list[list[LifeRow]], owned: bool) -> None:
    scope = scope_of(owned)
    table = joined_lives([LifeTable.of_rows(rows) for rows in shards], LATE, scope)
    groups = table.groups([scope.kind_of(name) for name in table.entities])
    expected = replicas_of([row for rows in shards for row in rows], LATE, scope)
    assert {g.entity: list(g.replicas) for g in groups} == expected
    assert [g.entity for g in groups] == sorted(expected)
    for group in groups:
        moved = [
            t
            for r in group.replicas
            for t in r.tellers.values()
            if (t.gone, t.born, t.turned) != (None, None, None)
        ]
        assert group.is_still == (not moved)
    living = {g.entity: {r.name: r.node for r in g.replicas if r.node and r.gone is None} for g in groups}
    assert table.living() == {entity: nodes for entity, nodes in living.items() if nodes}


def test_rows_of_one_entity_in_two_shards_are_one_replica_with_the_scrapers_of_both() -> None:
    row = LifeRow(("", "", "shop", "cart"), "a", "job", series=2, scraper="north", ended=[(3, 5, 2)])
    other = row._replace(series=8, scraper="south", ended=[(4, 5, 8)])
    scope = Scope([], SETTINGS)
    (group,) = joined_lives([LifeTable.of_rows([own]) for own in (row, other)], LATE, scope).groups(
        ["service"]
    )
    (replica,) = group.replicas
    assert (replica.series, replica.gone) == (10, 4)
    assert group.scrapers == {"north", "south"}
