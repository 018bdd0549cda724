"""What was done lately is known, and no more than that."""

from patternwatch.streams.agents.recent import Recent


def test_memory_depends_on_what_comes_within_its_time_and_not_on_how_long_it_runs() -> None:
    now_s = 0.0
    recent: Recent[int, None] = Recent(kept_s=600.0, clock=lambda: now_s)
    sizes = []
    for number in range(4000):
        now_s = float(number)
        recent.put(number, None)
        sizes.append(len(recent))
    assert max(sizes) == sizes[-1] == 601
    assert 3399 in recent
    assert 3398 not in recent


def test_what_is_put_again_is_known_from_then_on() -> None:
    now_s = 0.0
    recent: Recent[str, int] = Recent(kept_s=10.0, clock=lambda: now_s)
    recent.put("look", 1)
    now_s = 8.0
    recent.put("look", 2)
    now_s = 16.0
    recent.put("other", 1)
    assert recent.get("look") == 2
    recent.clear()
    assert recent.get("look") is None


def test_what_was_put_long_ago_is_forgotten_where_nothing_more_is_put() -> None:
    now_s = 0.0
    recent: Recent[str, int] = Recent(kept_s=10.0, clock=lambda: now_s)
    recent.put("look", 1)
    now_s = 10.0
    assert recent.get("look") == 1
    now_s = 10.1
    assert "look" not in recent
    assert recent.get("look") is None
    assert len(recent) == 0
