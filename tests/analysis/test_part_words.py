"""The part of an entity that hurts, and what its trouble follows, in words."""

import pytest

from patternwatch.analysis.verdict.part import follows_in_words, part_in_words, share_in_words, where_in_words
from patternwatch.contracts.entity_ranks import EntityPart, EntityRank, LabelShare


@pytest.mark.parametrize(
    ("kind", "of", "words"),
    [
        ("pod", 0, "in pod x"),
        ("pod", 1, "in pod x"),
        ("pod", 2, "in 1 of its 2 pods (x)"),
        ("instance", 1200, "in 1 of its 1,200 instances (x)"),
        ("shard", 3, "in 1 of its 3 shards (x)"),
        ("track", 3, "where l is x"),
        ("", 3, "where l is x"),
        ("node", 3, "on node x"),
        ("rack", 3, "on rack x"),
        ("zone", 3, "in zone x"),
        ("version", 0, "in version x"),
    ],
)
def test_where_in_an_entity_the_trouble_is(kind: str, of: int, words: str) -> None:
    part = EntityPart(label="l", value="x", of=of, kind=kind)
    assert part_in_words(part) == words
    share = LabelShare(label="l", value="x", changed=1200, of_changed=1300, unchanged=1400, of_unchanged=1500)
    told = 'l="x": 1,200 of 1,300 changed series, 1,400 of 1,500 unchanged'
    assert share_in_words(share) == told
    assert follows_in_words(part, [share, share]) == f"{words}; {told}; {told}"
    assert follows_in_words(None, [share]) == told
    assert follows_in_words(part, []) == words
    rank = EntityRank(rank=1, entity="e", label="service", score=5.0, series=3, top_findings=[])
    assert where_in_words(rank) == ""
    assert where_in_words(rank.model_copy(update={"part": part})) == f" {words}"


@pytest.mark.parametrize(
    ("changed", "unchanged", "words"),
    [
        ((1, 1), (0, 1), "the one series that changed, not the other one like it"),
        ((1, 1), (0, 499), "the one series that changed, none of 499 others like it"),
        ((1, 1), (1, 3), "the one series that changed, 1 of 3 others like it"),
        ((2, 2), (0, 1), "both series that changed, not the other one like them"),
        ((2, 2), (0, 1200), "both series that changed, none of 1,200 others like them"),
        ((3, 3), (0, 40), "3 of 3 changed series, 0 of 40 unchanged"),
        ((2, 3), (0, 4), "2 of 3 changed series, 0 of 4 unchanged"),
    ],
)
def test_of_one_or_two_series_no_share_is_told(
    changed: tuple[int, int], unchanged: tuple[int, int], words: str
) -> None:
    share = LabelShare(
        label="queue", value="mails", changed=changed[0], of_changed=changed[1],
        unchanged=unchanged[0], of_unchanged=unchanged[1],
    )  # fmt: skip
    assert share_in_words(share) == f'queue="mails": {words}'


@pytest.mark.parametrize(
    ("names", "listed"),
    [
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
    ],
)
def test_what_is_seen_on_a_node_or_through_others_is_listed(names: list[str], listed: str) -> None:
    rank = EntityRank(
        rank=1, entity="n3", label="node", kind="node", score=5.0, series=3, top_findings=[], through=names
    )
    assert where_in_words(rank) == f", seen in its pods of {listed}, and not in their others"
    assert where_in_words(rank.model_copy(update={"kind": "deployment"})) == f", as it is new on {listed}"
