"""The check catches what it is there for: each breach is shown to it once."""

from dataclasses import replace

from benchmarks.faults import check
from benchmarks.faults.check import Content, Seen, ShownAlert

RIGHT = Content(selected=12, analysed=12, flagged=3, entity="shop-1")
TRUTH = {1: RIGHT}
SEEN = Seen("000001", 1, "r1", 1, "complete", RIGHT, order=0, at=100.0)
ENTRIES = [
    {"what": "attempt", "id": "000001", "at": 1.0},
    {"what": "acknowledged", "id": "000001", "at": 2.0},
    {"what": "attempt", "id": "000002", "at": 3.0},
    {"what": "refused", "id": "000002", "at": 4.0},
]


def kinds(found: list[check.Finding]) -> list[tuple[str, str]]:
    return [(finding.kind, finding.attempt) for finding in found]


def test_what_went_well_is_no_finding() -> None:
    assert check.lost(ENTRIES, [SEEN]) == []
    assert check.unexpected(ENTRIES, [SEEN]) == []
    assert check.duplicates([SEEN, replace(SEEN, order=1)], [SEEN]) == []
    assert check.wrong([SEEN], TRUTH, []) == ([], 0)


def test_an_acknowledged_attempt_without_a_report_is_lost_and_a_refused_one_is_not() -> None:
    assert kinds(check.lost(ENTRIES, [])) == [("lost", "000001")]


def test_a_report_of_what_was_refused_may_be_there_and_of_what_was_not_attempted_may_not() -> None:
    refused, stranger = replace(SEEN, attempt="000002"), replace(SEEN, attempt="")
    assert kinds(check.unexpected(ENTRIES, [SEEN, refused, stranger])) == [("unexpected", "")]


def test_two_reports_of_one_attempt_are_duplicates() -> None:
    (found,) = check.duplicates([], [SEEN, replace(SEEN, report_id="r2")])
    assert found.what == "reports ['r1', 'r2'] of one attempt"


def test_a_revision_that_goes_backwards_is_caught_on_the_topic_and_at_the_api() -> None:
    back = [replace(SEEN, revision=2, order=4), replace(SEEN, revision=1, order=9)]
    (on_topic,) = check.duplicates(back, [])
    (at_api,) = check.duplicates([], back)
    assert (on_topic.what, at_api.what) == (
        "revision 1 after 2 on the topic",
        "revision 1 after 2 at the API",
    )


def test_revisions_are_compared_in_the_order_of_the_topic_not_of_the_list() -> None:
    assert check.duplicates([replace(SEEN, revision=2, order=9), replace(SEEN, order=4)], []) == []


def test_one_revision_with_two_contents_is_caught() -> None:
    other = replace(SEEN, content=RIGHT._replace(flagged=2), order=1)
    (found,) = check.duplicates([SEEN, other], [])
    assert found.what == "revision 1 with two contents on the topic"
    assert len(check.duplicates([SEEN, replace(SEEN, status="partial", order=1)], [])) == 1


def test_a_wrong_count_and_a_wrong_first_entity_are_caught() -> None:
    for content in (RIGHT._replace(analysed=11), RIGHT._replace(entity="shop-2")):
        found, _ = check.wrong([replace(SEEN, content=content)], TRUTH, [])
        assert kinds(found) == [("wrong", "000001")]


def test_a_partial_report_is_right_only_where_the_source_failed_shortly_before() -> None:
    partial = replace(SEEN, status="partial", content=RIGHT._replace(analysed=4))
    assert check.wrong([partial], TRUTH, [(90.0, 99.0)]) == ([], 1)
    found, told = check.wrong([partial], TRUTH, [(101.0, 110.0)])
    assert (kinds(found), told) == ([("wrong", "000001")], 0)


def test_a_report_that_nobody_tried_again_is_caught() -> None:
    failed = replace(SEEN, status="failed", revision=0)
    (found,) = check.never_whole(ENTRIES, [failed, replace(failed, attempt="000002")])
    assert (found.attempt, found.what) == ("000001", "failed at revision 0")
    assert check.never_whole(ENTRIES, [SEEN]) == []


def test_poison_that_an_agent_dropped_is_caught_and_other_topics_are_not_asked_for() -> None:
    at = {"what": "poison", "partition": 0, "at": 1.0}
    entries = [at | {"topic": "requests", "offset": n} for n in (4, 5)] + [
        at | {"topic": "looks", "offset": 1}
    ]
    (found,) = check.poison_lost(entries, [("requests", 0, 4)], ["requests"])
    assert found.what == "requests partition 0 offset 5"


def test_waits_begin_with_the_heal_for_what_was_under_way_then() -> None:
    entries = [{"what": "acknowledged", "id": f"00000{n}", "at": at} for n, at in enumerate((5.0, 5.0, 21.0))]
    at = {0: 12.0, 1: 19.0, 2: 23.0}
    seen = [replace(SEEN, attempt=f"00000{n}", at=when) for n, when in at.items()]
    again = replace(SEEN, attempt="000001", at=90.0)
    assert check.waits_s(entries, [*seen, again], healed_at=15.0) == [4.0, 2.0]


def test_times_of_faults_are_matched_by_their_number() -> None:
    entries = [
        {"what": "fault", "number": 1, "kind": "source_503", "at": 1.0},
        {"what": "fault", "number": 2, "kind": "source_slow", "at": 2.0},
        {"what": "fault", "number": 3, "kind": "kill_api", "at": 2.5},
        {"what": "fault_over", "number": 2, "at": 3.0},
        {"what": "fault_over", "number": 3, "at": 3.5},
    ]
    assert check.fault_times(entries, "source_") == [(2.0, 3.0), (1.0, float("inf"))]


ALERTS = [
    {"what": "acknowledged", "id": "000003", "way": "webhook", "at": 5.0},
    {"what": "alert_acknowledged", "id": "000003", "number": 1, "at": 6.0},
    {"what": "alert", "id": "000003", "number": 2, "at": 7.0},
]


def test_an_acknowledged_alert_that_leads_to_no_report_is_lost() -> None:
    first, further = ShownAlert("000003", 0, "r1"), ShownAlert("000003", 1, "r1")
    assert check.alerts_lost(ALERTS, [first, further]) == []
    (unseen,) = check.alerts_lost(ALERTS, [first])
    (unled,) = check.alerts_lost(ALERTS, [first, further._replace(report_id=None)])
    assert unseen == unled == check.Finding("lost", "000003", "alert 1 leads to no report")


def test_alerts_of_one_trouble_that_lead_to_two_reports_are_duplicates() -> None:
    shown = [ShownAlert("000003", 0, "r1"), ShownAlert("000003", 1, "r1"), ShownAlert("000004", 0, "r2")]
    assert check.alerts_apart(shown) == []
    (found,) = check.alerts_apart([*shown, ShownAlert("000003", 2, "r3")])
    assert found == check.Finding("duplicates", "000003", "its alerts lead to ['r1', 'r3']")
