"""The verdict where things ended: what is said, in which order, and which pieces name a thing or a time."""

from collections.abc import Sequence

import pytest

from patternwatch.analysis.lifecycle.outage_verdict import fields_with_events, with_events
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Finding
from patternwatch.contracts.lives import LifeEvent, LifeEventKind
from patternwatch.contracts.verdicts import VerdictFields, VerdictPart
from tests.analysis.lifecycle.test_findings import FINDING

AT_MS = 30_000
CART = EntityRank(rank=1, entity="cart", label="service", score=5.0, series=3, top_findings=[1])
VERDICT = [
    VerdictPart(kind="entity", text="cart"),
    VerdictPart(text=" is the likely cause: it rose; it did so alone; 3 of 40 series changed."),
]
ENDED = FINDING.model_copy(update={"event": "ended"})
BEGAN = FINDING.model_copy(update={"event": "began"})
UP = FINDING.model_copy(update={"labels": {"__name__": "up"}})


def event(
    kind: LifeEventKind,
    entity: str = "cart",
    text: str = "cart ended at 00:00:30 UTC",
    trouble: bool = True,
    of_series: int = 3,
    at_ms: int = AT_MS,
) -> LifeEvent:
    return LifeEvent(
        kind=kind,
        entity=entity,
        at_ms=at_ms,
        series=3,
        of_series=of_series,
        replicas=1,
        of_replicas=1,
        names=[entity],
        text=text,
        is_trouble=trouble,
    )


def told(parts: Sequence[VerdictPart]) -> str:
    """Entities in [], instants in <>."""
    marks = {"entity": "[{}]", "instant": "<{}>", "text": "{}"}
    assert all((part.ms == AT_MS) == (part.kind == "instant") for part in parts)
    return "".join(marks[part.kind].format(part.text) for part in parts)


def said(
    events: Sequence[LifeEvent], findings: Sequence[Finding] = (FINDING,), gaps: str = "", judged: bool = True
) -> str:
    return told(with_events(VERDICT, events, [CART], findings, gaps, judged))


PLAIN = "[cart] is the likely cause: it rose; it did so alone; 3 of 40 series changed."
GONE = "[cart] ended at <00:00:30 UTC>; 3 of 40 series changed."


@pytest.mark.parametrize(
    ("events", "findings", "words"),
    [
        ([], [FINDING], PLAIN),
        ([event("ended")], [FINDING], GONE),
        ([event("ended", "web")], [FINDING], PLAIN),
        ([event("part_ended")], [FINDING], f"{PLAIN} cart ended at 00:00:30 UTC."),
        ([event("part_ended", trouble=False)], [FINDING], PLAIN),
        ([event("part_ended", "web")], [FINDING], PLAIN),
        ([event("part_ended")], [ENDED], GONE),
        ([event("exporter_ended")], [UP], GONE),
        ([event("part_ended")], [FINDING.model_copy(update={"entity": "web"}), ENDED], GONE),
        (
            [event("ended", text="cart ended by 00:00:30 UTC, seen at 00:00:30 UTC")],
            [ENDED],
            "[cart] ended by <00:00:30 UTC>, seen at 00:00:30 UTC; 3 of 40 series changed.",
        ),
        ([event("ended", text="cart ended")], [ENDED], "[cart] ended; 3 of 40 series changed."),
        ([event("ended", text="it ended")], [ENDED], "it ended; 3 of 40 series changed."),
        (
            [event("rollout", text="cart was rolled out")],
            [BEGAN],
            f"{PLAIN} It began with its new replicas: cart was rolled out.",
        ),
        ([event("rollout", text="cart was rolled out")], [FINDING], f"{PLAIN} cart was rolled out."),
        ([event("scaled_out", text="cart was scaled out")], [BEGAN], f"{PLAIN} cart was scaled out."),
        (
            [event("node_lost", "n7", "node n7 was lost"), event("ended")],
            [FINDING],
            f"Node n7 was lost. {GONE}",
        ),
    ],
)
def test_what_ended_stands_in_the_verdict_of_its_entity(
    events: list[LifeEvent], findings: list[Finding], words: str
) -> None:
    assert said(events, findings) == words


def test_a_verdict_of_one_sentence_has_no_tail() -> None:
    parts = [VerdictPart(text="cart rose.")]
    assert (
        told(with_events(parts, [event("ended")], [CART], [ENDED], "")) == "[cart] ended at <00:00:30 UTC>."
    )


def test_what_ended_comes_first_where_nothing_else_is_found() -> None:
    quiet = [
        VerdictPart(text="Nothing abnormal: "),
        VerdictPart(kind="entity", text="all"),
        VerdictPart(text=" kept."),
    ]
    for events, words in (
        ([event("ended")], "cart ended at 00:00:30 UTC. "),
        ([event("ended", trouble=False)], ""),
        ([event("rollout")], ""),
        ([event("scrape_gap", "", "all stopped"), event("ended")], "All stopped. "),
    ):
        assert told(with_events(quiet, events, [], [], "")) == f"{words}Nothing abnormal: [all] kept."
        gaps = told(with_events(quiet, events, [], [], "12 series ended"))
        assert gaps == f"{words}12 series ended. Of the rest: nothing abnormal: [all] kept."
        unjudged = told(with_events(quiet, events, [], [], "12 series ended", judged=False))
        assert unjudged == f"{words}Nothing abnormal: [all] kept. 12 series ended."


def test_at_most_three_ends_are_told_and_the_rest_is_counted() -> None:
    events = [event("ended", text=f"e{n} ended", trouble=n != 1) for n in range(6)]
    for number, words in (
        (1, "e0 ended"),
        (4, "e0 ended; e2 ended; e3 ended"),
        (6, "e0 ended; e2 ended; e3 ended; and 2 more"),
    ):
        fields = fields_with_events(VerdictFields(), events[:number], "")
        assert [part.text for part in fields.stopped] == [words]
        assert fields.against == []
    assert fields_with_events(VerdictFields(), [], "") == VerdictFields()


def test_what_was_scaled_to_nothing_as_another_ones_trouble_began_is_told() -> None:
    lead = FINDING.model_copy(update={"onset_ms": AT_MS + 120_000})
    gone = event("scaled_in", "web", "web was scaled to nothing", trouble=False)
    assert said([gone], [lead]) == f"{PLAIN} web was scaled to nothing."
    for other in (
        event("scaled_in", "web", trouble=False, of_series=4),  # part of it
        event("scaled_in", "cart", trouble=False),
        event("job_finished", "web", trouble=False),
        event("scaled_in", "web", trouble=False, at_ms=AT_MS - 1),  # too long before
    ):
        assert said([other], [lead]) == PLAIN


def test_why_its_container_was_killed_is_told_before_that_its_exporter_is_gone() -> None:
    lost = event("exporter_ended", text="cart is no longer reported")
    killed = event("restarted", text="cart was restarted (OOMKilled)")
    assert said([lost, killed]) == f"{PLAIN} cart was restarted (OOMKilled)."
    deployed = event("restarted", text="cart was restarted", trouble=False)
    assert said([lost, deployed]) == f"{PLAIN} cart is no longer reported."


def test_of_what_ended_it_is_told_that_it_was_killed() -> None:
    killed = event("restarted", text="cart was restarted (OOMKilled)")
    assert said([event("ended"), killed]).endswith("3 of 40 series changed. cart was restarted (OOMKilled).")
