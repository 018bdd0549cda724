"""What happened to a workload's replicas, from when each began and was gone: every kind and its weight."""

import pytest

from patternwatch.analysis.lifecycle.facts import Intended
from patternwatch.analysis.lifecycle.replica import Group, Replica, Teller
from patternwatch.analysis.lifecycle.turnover import Turnover, turnover_of

EARLIEST = 60


def replica(name: str, gone: int | None = None, born: int | None = None, series: int = 6) -> Replica:
    return Replica(name, "", {"pods": Teller(series, gone, born, None, None)})


def lived(*gone: int | None) -> list[Replica]:
    return [replica(f"cart-{n}", row) for n, row in enumerate(gone)]


def of(
    replicas: list[Replica], kind: str = "deployment", intended: Intended | None = None
) -> Turnover | None:
    return turnover_of(Group("cart", kind, frozenset(), replicas), intended or Intended(), EARLIEST)


def told(found: Turnover | None) -> tuple[object, ...]:
    assert found is not None
    names = [r.name.removeprefix("cart-") for r in found.replicas]
    return found.kind, found.row, found.last, names, found.of, pytest.approx(found.weight)


@pytest.mark.parametrize(("series", "weight"), [(1, 0.5), (2, 0.75), (3, 1.0), (9, 1.0)])
def test_a_workload_of_which_nothing_is_left_ended_as_surely_as_series_tell(
    series: int, weight: float
) -> None:
    assert told(of([replica("cart-0", 250, series=series)])) == ("ended", 250, 250, ["0"], 1, weight)


def test_ends_up_to_twenty_rows_apart_are_one() -> None:
    assert told(of(lived(None, 240, 260))) == ("part_ended", 240, 260, ["1", "2"], 3, (2 / 3) ** 0.5)
    assert told(of(lived(None, 239, 260))) == ("part_ended", 260, 260, ["2"], 2, 0.5**0.5)


def test_what_ended_before_a_trouble_can_begin_is_no_event() -> None:
    assert of(lived(None, EARLIEST - 1)) is None
    assert told(of(lived(None, EARLIEST)))[0] == "part_ended"
    assert of(lived(None, None)) is None


def test_one_more_of_several_ends_is_usual() -> None:
    assert told(of(lived(None, 100, 150, 250))) == ("usual", 250, 250, ["3"], 2, 0.0)
    assert told(of(lived(None, 150, 250)))[0] == "part_ended"


@pytest.mark.parametrize(
    ("gone", "born", "living", "kind", "number", "weight"),
    [
        (3, 3, 0, "rollout", 3, 0.0),
        (4, 4, 1, "rollout", 5, 0.0),  # four of five
        (5, 4, 0, "rollout", 5, 0.0),  # for four of five
        (1, 1, 4, "replaced", 5, 0.3 * 0.2**0.5),
        (3, 3, 1, "replaced", 4, 0.3 * 0.75**0.5),
        (3, 2, 1, "part_ended", 4, 0.5),
        (1, 0, 3, "part_ended", 4, 0.5),
    ],
)
def test_for_what_ended_others_began(
    gone: int, born: int, living: int, kind: str, number: int, weight: float
) -> None:
    ended = [replica(f"cart-{n}", 250 + n) for n in range(gone)]
    new = [replica(f"new-{n}", born=230) for n in range(born)]
    old = [replica(f"old-{n}") for n in range(living)]
    names = [str(n) for n in range(gone)]
    assert told(of([*ended, *new, *old])) == (kind, 250, 249 + gone, names, number, weight)
    too_early = [replica(f"new-{n}", born=229) for n in range(born)]
    is_next_release = not living and born >= 0.8 * gone
    alone = ("rollout",) if is_next_release else ("part_ended", "ended")
    assert told(of([*ended, *too_early, *old]))[0] in alone


def test_a_release_that_all_of_the_last_one_gave_way_to_has_taken_over_however_long_it_took() -> None:
    green = [replica(f"green-{n}", born=200) for n in range(4)]
    assert told(of([*lived(250, 250, 250, 250), *green])) == (
        ("rollout", 250, 250, ["0", "1", "2", "3"], 4, 0.0)
    )
    assert told(of([*lived(250, 250, 250, 250), *green[:3]]))[0] == "part_ended"  # too few
    assert told(of([*lived(250, 250, None, None), *green]))[0] == "part_ended"  # some of them go on
    assert told(of([*lived(250, 250, 250, 250), *green, replica("late", born=251)]))[0] == "part_ended"


def test_what_was_meant_to_end_is_no_trouble() -> None:
    ended = lived(250, None, None)
    for desired, kind in (
        ((2, 2), "part_ended"),
        ((3, 2), "scaled_in"),
        ((3, 1), "scaled_in"),
        ((3, 3), "part_ended"),
    ):
        assert told(of(ended, intended=Intended({"cart": desired})))[0] == kind
    assert told(of(lived(250), intended=Intended({"cart": (1, 0)})))[::5] == ("scaled_in", 0.0)
    assert told(of(lived(250, None), intended=Intended({"cart": (3, 2)})))[0] == "part_ended"
    jobs = Intended(finished=frozenset(("cart",)))
    assert told(of(lived(250), intended=jobs))[::5] == ("job_finished", 0.0)
    assert told(of([replica("carton", 250)], intended=jobs))[0] == "ended"
    assert told(of(lived(250, None), kind="cronjob"))[0] == "job_finished"


def test_what_lived_for_less_than_sixty_rows_was_a_task() -> None:
    assert told(of([replica("cart-0", 250, born=191)]))[0] == "job_finished"
    assert told(of([replica("cart-0", 250, born=190)]))[0] == "ended"
    assert told(of([replica("cart-0", 250, born=191), replica("cart-1", 250)]))[0] == "ended"


def test_one_teller_of_several_that_ended_is_an_exporter() -> None:
    lives = Teller(6, None, None, None, None)
    own = [
        Replica("cart-0", "", {"a": Teller(2, 240, None, None, None), "b": lives}),
        *lived(None, None, None),
    ]
    assert told(of(own)) == ("exporter_ended", 240, 240, ["0"], 4, 0.6 * 0.5)
    own[0] = Replica("cart-0", "", {"a": Teller(2, EARLIEST - 1, None, None, None), "b": lives})
    assert of(own) is None


def test_what_turned_goes_on_under_other_labels() -> None:
    own = [
        Replica(f"cart-{n}", "", {"a": Teller(6, None, None, None, row)})
        for n, row in enumerate((70, 60, None))
    ]
    assert told(of(own)) == ("relabelled", 60, 70, ["0", "1"], 3, 0.0)
    assert of([Replica("cart-0", "", {"a": Teller(6, None, None, None, EARLIEST - 1)})]) is None


@pytest.mark.parametrize(
    ("born", "series", "kind"),
    [(244, 5, "relabelled"), (245, 6, "exporter_ended"), (244, 4, "exporter_ended")],
    ids=["at once", "later", "tells less"],
)
def test_a_scrape_job_under_another_name_goes_on(born: int, series: int, kind: str) -> None:
    pods, cart = Teller(6, 240, None, None, None), Teller(series, None, born, None, None)
    assert told(of([Replica("cart-0", "", {"pods": pods, "shop/cart": cart})]))[0] == kind


def test_what_began_is_new_or_was_scaled_out() -> None:
    new = [replica("cart-0", born=70, series=1), replica("cart-1", born=60, series=1)]
    assert told(of(new)) == ("began", 60, 70, ["0", "1"], 0, 0.3 * 0.75)
    assert told(of([*new, *lived(None)])) == ("scaled_out", 60, 70, ["0", "1"], 1, 0.0)
    assert of([replica("cart-0", born=EARLIEST - 1)]) is None


def passing(name: str, born: int, gone: int) -> Replica:
    """One that the kubelet tells of while it lives, and of which scrapes fail afterwards."""
    down = Teller(2, None, None, gone, None)
    return Replica(name, "", {"kubelet": Teller(6, gone, born, None, None), "cart": down})


def test_what_begins_and_soon_ends_beside_others_was_one_too_many() -> None:
    both = [*lived(None, None), passing("cart-2", 240, 246)]
    assert told(of(both)) == ("came_and_went", 246, 246, ["2"], 3, 0.0)


def test_a_burst_of_replicas_that_lived_for_a_while_is_an_autoscalers() -> None:
    burst = [passing(f"cart-{n}", 240 + n, 268) for n in (2, 3, 4, 5)]
    assert told(of([*lived(None, None), *burst])) == ("came_and_went", 268, 268, ["2", "3", "4", "5"], 6, 0.0)
    assert told(of([*lived(None, 262), *burst]))[0] != "came_and_went"  # fewer than before are left
    short = [passing(f"cart-{n}", 250, 260) for n in (2, 3, 4, 5)]
    assert told(of([*lived(None, None), *short]))[0] != "came_and_went"


@pytest.mark.parametrize(
    "replicas",
    [
        [passing("cart-2", 240, 246)],  # nothing else is left
        [*lived(None, 244), passing("cart-2", 240, 246)],  # one of the others ended too
        [*lived(None, None, None), *(passing(f"cart-{n}", 240, 246) for n in (3, 4, 5))],  # again and again
        [*lived(None, None), passing("cart-2", 180, 246)],  # long enough to be one of them
    ],
)
def test_it_is_more_than_that_where_others_ended_or_it_goes_on(replicas: list[Replica]) -> None:
    assert told(of(replicas))[0] != "came_and_went"


def test_that_the_others_began_long_before_says_nothing_of_one_too_many() -> None:
    old = [replica(f"cart-{n}", born=born) for n, born in enumerate((219, 150))]
    assert told(of([*old, passing("cart-2", 240, 246)]))[0] == "came_and_went"
    near = [replica("cart-0", born=220), replica("cart-1")]
    assert told(of([*near, passing("cart-2", 240, 246)]))[0] != "came_and_went"
