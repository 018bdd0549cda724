import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from patternwatch.analysis.identity.names_in_scope import UNLABELLED
from patternwatch.analysis.verdict import (
    Judged,
    change_in_words,
    clock,
    duration,
    metric_in_words,
    verdict,
    verdict_fields,
    verdict_parts,
)
from patternwatch.analysis.verdict.confidence import UNKNOWN, Confidence
from patternwatch.analysis.verdict.happened import span_in_words
from patternwatch.contracts.entity_ranks import EntityRank
from patternwatch.contracts.findings import Direction, Finding, Taught
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.contracts.report import SeriesCounts
from patternwatch.contracts.requests import Trigger
from patternwatch.contracts.verdicts import VerdictPart
from tests.analysis.incidents import (
    RECORDED,
    SPLIT,
    START_MS,
    STEP_MS,
    alert_at,
    made_up,
    recorded,
    report_of,
    request_of,
)

COUNTS = SeriesCounts(selected=50, analysed=40, flagged=14, skipped={"constant": 10})
SERIES = made_up()
AT_MS = START_MS + SPLIT * STEP_MS
FINDING = (
    report_of(SERIES)
    .findings[0]
    .model_copy(
        update={
            "entity": "orders",
            "labels": {"__name__": "connection_pool_in_use"},
            "pattern": Pattern.LEVEL_SHIFT_UP,
            "onset_ms": None,
            "direction": "up",
            "unit": "",
            "baseline": 2.0,
            "peak": 20.0,
        }
    )
)


def ranks(*scores: float) -> list[EntityRank]:
    names = ("orders", "payment", "cart", "web")
    return [
        EntityRank(rank=i + 1, entity=name, label="service", score=score, series=2, top_findings=[])
        for i, (name, score) in enumerate(zip(names, scores, strict=False))
    ]


def say(
    entities: list[EntityRank],
    trigger: Trigger = "alert",
    onset_ms: int | None = AT_MS - 20_000,
    changed: int = 14,
    findings: Sequence[Finding] = (FINDING,),
    confidence: Confidence = UNKNOWN,
) -> str:
    request = request_of(SERIES, alert=alert_at(AT_MS) if trigger == "alert" else None, trigger=trigger)
    return verdict(verdict_parts(request, Judged(COUNTS, entities, findings, onset_ms, changed, confidence)))


def test_a_clear_cause() -> None:
    assert say(ranks(4.0, 2.0, 1.0, 0.5)) == (
        "orders is the likely cause: connection pool in use shifted up from 2 to 20 (x 10) at 09:33:00 UTC, "
        "20 s before the alert; 14 series of 4 services changed."
    )


def test_the_fields_say_when_it_began_and_what_broke() -> None:
    def parts(began_ms: int | None, findings: Sequence[Finding] = (FINDING,)) -> tuple[str, str]:
        request = request_of(SERIES, alert=alert_at(AT_MS), trigger="alert")
        fields = verdict_fields(request, Judged(COUNTS, ranks(4.0), findings, began_ms, 14))
        return verdict(fields.began), verdict(fields.broke)

    broke = "orders: connection pool in use shifted up from 2 to 20 (x 10)"
    assert parts(AT_MS - 20_000) == ("09:33:00 UTC, 20 s before the alert", broke)
    assert parts(None) == ("", broke)
    other = FINDING.model_copy(update={"entity": "cart"})
    assert parts(None, (other,)) == ("", "orders: several of its metrics changed")


@pytest.mark.parametrize(
    ("number", "named"),
    [
        (1, "14 series of it changed: orders 2"),
        (4, "14 series of 4 services changed: orders 2, payment 2, cart 2, web 2"),
        (6, "14 series of 6 services changed: orders 2, payment 2, cart 2, web 2 and 2 more"),
    ],
)
def test_the_fields_say_what_is_hit(number: int, named: str) -> None:
    entities = [*ranks(4.0, 3.0, 2.0, 1.0), *ranks(0.5, 0.4)][:number]
    fields = verdict_fields(request_of(SERIES), Judged(COUNTS, entities, (FINDING,), AT_MS, 14))
    assert verdict(fields.hit) == named
    assert [part.text for part in fields.hit if part.kind == "entity"] == [e.entity for e in entities[:4]]


def test_the_fields_say_what_is_back_and_what_speaks_against_it() -> None:
    back = FINDING.model_copy(update={"now": 2.0, "recovered_ms": AT_MS})
    still = FINDING.model_copy(update={"now": 20.0, "recovered_ms": None})
    unknown = FINDING.model_copy(update={"now": None})
    for findings, now in (
        (
            (back, still),
            (
                "1 of 2 series shown are back in their band; connection pool in use: back at 2 since "
                "09:33:20 UTC"
            ),
        ),
        ((still, back, back), "2 of 3 series shown are back in their band; connection pool in use: 20 now"),
        ((unknown, still), "0 of 1 series shown are back in their band"),
        ((unknown,), ""),
    ):
        fields = verdict_fields(request_of(SERIES), Judged(COUNTS, ranks(4.0, 3.5), findings, AT_MS, 14))
        assert verdict(fields.now) == now
        assert [verdict(told) for told in fields.against] == [
            "payment: several of its metrics changed, score 3.50 beside 4.00",
            "no single series moved farther than some of so many do by chance",
        ]
    significant = COUNTS.model_copy(update={"significant": 1})
    assert verdict_fields(request_of(SERIES), Judged(significant, ranks(4.0), (back,))).against == []


def test_close_seconds_are_named() -> None:
    assert say(ranks(4.0, 3.9)).startswith("orders is the likely cause, payment a close second: in orders, ")
    assert say(ranks(4.0, 3.9, 3.8)).startswith("Not clear-cut between orders, payment and cart: in orders, ")


def test_without_an_entity_or_without_a_finding_nothing_is_named() -> None:
    quiet = "Nothing stands out: 14 of 40 series moved"
    for said in (say([]), say(ranks(4.0, 2.0), findings=()), say([], findings=())):
        assert said.startswith(quiet)


def test_weak_signs_are_not_called_a_cause() -> None:
    unclear = Confidence(0.3, "low", is_clear=False)
    assert say(ranks(3.9, 1.0), confidence=unclear).startswith(
        "Nothing stands out clearly; orders moved most: connection pool in use shifted up from 2 to 20 (x 10)"
    )
    nameless = [r.model_copy(update={"entity": UNLABELLED, "label": ""}) for r in ranks(3.9)]
    assert say(nameless, confidence=unclear).startswith(
        "Nothing stands out clearly; something without an entity label moved most: "
    )


@pytest.mark.parametrize("path", [p for p in RECORDED if "control" in p.name], ids=lambda path: path.stem)
def test_a_quiet_recording_has_no_likely_cause(path: Path) -> None:
    _, window, series = recorded(path)
    assert report_of(series, split=window.split_row).verdict.startswith("Nothing")


@pytest.mark.parametrize(
    ("label", "words"),
    [
        ("service", "2 services"),
        ("deployment", "2 deployments"),
        ("entity", "2 entities"),
        ("", "2 entities"),
    ],
)
def test_entities_are_counted_by_what_they_are(label: str, words: str) -> None:
    entities = [r.model_copy(update={"label": label}) for r in ranks(4.0, 1.0)]
    assert say(entities).endswith(f"; 14 series of {words} changed.")


def test_entities_of_several_kinds_are_counted_as_entities() -> None:
    first, second = ranks(4.0, 1.0)
    mixed = [first, second.model_copy(update={"label": "job"})]
    assert say(mixed, changed=1234).endswith("; 1,234 series of 2 entities changed.")


def test_what_could_not_be_judged_is_said_by_reason() -> None:
    counts = SeriesCounts(selected=1300, analysed=0, flagged=0, skipped={"too short": 1200, "constant": 100})
    assert verdict(verdict_parts(request_of(SERIES), Judged(counts))) == (
        "Nothing could be judged: all 1,300 series were left out (100 constant, 1,200 too short)."
    )


def test_a_cause_none_of_whose_series_is_shown() -> None:
    other = FINDING.model_copy(update={"entity": "cart"})
    assert say(ranks(4.0, 1.0), findings=[other]).startswith(
        "orders is the likely cause: several metrics changed at "
    )
    assert say(ranks(4.0, 1.0), onset_ms=None) == (
        "orders is the likely cause: connection pool in use shifted up from 2 to 20 (x 10); "
        "14 series of 2 services changed."
    )


def test_second_causes_are_close_from_87_percent_on_and_only_where_they_have_a_label() -> None:
    assert "a close second" in say(ranks(10.0, 8.7))
    assert "a close second" not in say(ranks(10.0, 8.69))
    first, second = ranks(10.0, 9.9)
    assert "close" not in say([first, second.model_copy(update={"label": ""})])
    assert say(ranks(4.0, 4.0, 4.0, 4.0)).startswith(
        "Not clear-cut between orders, payment, cart and web: in orders, connection pool in use"
    )


def test_one_service_only() -> None:
    assert say(ranks(4.0)).endswith("; 14 series of it changed.")


@pytest.mark.parametrize(
    ("trigger", "onset_ms", "words"),
    [
        ("alert", AT_MS, ", together with the alert;"),
        ("alert", AT_MS - 300_000, ", 5 min before the alert;"),
        ("alert", AT_MS + 60_000, ", 60 s after the alert;"),
        ("alert", AT_MS + STEP_MS, ", 10 s after the alert;"),
        ("alert", AT_MS + STEP_MS - 1, ", together with the alert;"),
        ("alert", AT_MS - STEP_MS + 1, ", together with the alert;"),
        ("manual", AT_MS - 60_000, ", 60 s before the given time;"),
        ("watch", AT_MS - 60_000, " UTC; 14 series"),
    ],
)
def test_when(trigger: Trigger, onset_ms: int, words: str) -> None:
    assert words in say(ranks(4.0, 1.0), trigger, onset_ms)


def test_nothing_found_and_nothing_judged() -> None:
    moved = "Nothing stands out: 14 of 40 series moved beyond their own past, "
    assert say([], findings=()) == moved + "none in a way that points at a cause."
    nothing = SeriesCounts(selected=0, analysed=0, flagged=0)
    parts = verdict_parts(request_of(SERIES), Judged(nothing))
    assert verdict(parts) == "Nothing could be judged: no series match."


def test_no_entity_label() -> None:
    entity = EntityRank(rank=1, entity="(no entity label)", label="", score=3.0, series=2, top_findings=[])
    words = say([entity], findings=(FINDING.model_copy(update={"entity": entity.entity}),))
    assert words.startswith("Something without an entity label is the likely cause: ")


def test_metrics_in_words() -> None:
    def words(name: str, derivation: str) -> str:
        return metric_in_words(
            FINDING.model_copy(update={"labels": {"__name__": name}, "derivation": derivation})
        )

    assert words("http_requests_total", "rate") == "rate of http requests"
    assert words("wait_seconds", "p99") == "99th percentile of wait seconds"
    assert words("up", "") == "up"
    assert words("wait_seconds", "mean") == "mean of wait seconds"
    assert words("wait_seconds", "p50") == "median of wait seconds"
    assert words("wait_total", "count_rate") == "rate of wait"
    assert words("wait_total", "") == "wait total"
    assert words("job:wait_seconds:", "") == "job wait seconds"
    assert words("backup_last_success_timestamp_seconds", "age") == "age of backup last success"
    assert words("last_reload_time_ms", "age_ms") == "age of last reload"
    assert words("heartbeat", "age_ns") == "age of heartbeat"
    nameless = FINDING.model_copy(update={"labels": {}, "name": "up_time"})
    assert metric_in_words(nameless) == "up time"


def test_what_a_series_counts_is_told() -> None:
    labels = {"__name__": "http_requests_total", "code": "500", "method": "GET"}
    told = metric_in_words(FINDING.model_copy(update={"labels": labels, "derivation": "rate"}))
    assert told == "rate of http requests (code 500)"
    both = FINDING.model_copy(update={"labels": labels | {"status": "failed", "result": ""}})
    assert metric_in_words(both) == "http requests total (code 500, status failed)"


def test_what_happened_is_said_by_shape_else_by_direction_or_by_the_tenants_own_name() -> None:
    taught = Taught(name="sawtooth", probability=0.9, example_id="e1")
    for update, words in (
        ({"pattern": Pattern.MULTIPLE_DIPS}, "dipped again and again"),
        ({"pattern": Pattern.OTHER, "direction": "up"}, "rose"),
        ({"pattern": Pattern.OTHER, "direction": "down"}, "fell"),
        ({"pattern": Pattern.NORMAL, "direction": "both"}, "became restless"),
        ({"taught": taught}, "took the shape 'sawtooth'"),
        ({"taught": taught.model_copy(update={"name": "single_dip"})}, "shifted up"),
    ):
        assert change_in_words(FINDING.model_copy(update=update)) == words


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("direction", ["up", "down", "both"])
def test_every_shape_has_a_verb(pattern: Pattern, direction: Direction) -> None:
    words = change_in_words(FINDING.model_copy(update={"pattern": pattern, "direction": direction}))
    assert words
    assert "_" not in words


def test_a_verdict_is_one_line_whatever_names_hold() -> None:
    parts = [VerdictPart(kind="entity", text='pay\n"x"'), VerdictPart(text=" is the\u2028likely\x00 cause.")]
    assert verdict(parts) == 'pay "x" is the likely cause.'


def test_another_state_is_no_multiple_of_the_one_before() -> None:
    labels = {"__name__": "ifOperStatus", "instance": "sw1"}
    down = FINDING.model_copy(update={"labels": labels, "baseline": 1.0, "peak": 2.0, "direction": "up"})
    assert (change_in_words(down), span_in_words(down)) == ("changed", "from 1 to 2")
    assert change_in_words(down.model_copy(update={"peak": 2.5})) != "changed"


def test_an_alert_counts_from_its_own_start_not_from_the_split() -> None:
    request = request_of(SERIES, alert=alert_at(AT_MS - 60_000), trigger="alert")
    words = verdict(verdict_parts(request, Judged(COUNTS, ranks(4.0), [FINDING], AT_MS, 14)))
    assert ", 60 s after the alert;" in words


def test_clocks_are_those_of_utc_wherever_the_process_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        monkeypatch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        assert clock(AT_MS) == "09:33:20 UTC"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("ms", "words"),
    [
        (0, "0 s"),
        (20_400, "20 s"),
        (119_000, "119 s"),
        (119_499, "119 s"),
        (119_500, "2 min"),
        (149_000, "2 min"),
        (151_000, "3 min"),
        (7_139_000, "119 min"),
        (7_200_000, "2 h"),
        (43_260_000, "12 h 1 min"),
        (1_000_000_000, "277 h 47 min"),
        (240_000, "4 min"),
        (3_600_000 * 2, "2 h"),
        (7_500_000, "2 h 5 min"),
    ],
)
def test_durations(ms: int, words: str) -> None:
    assert duration(ms) == words
