"""A whole tick over a real Prometheus is measured in parts that add up."""

import pytest

from benchmarks.watch.tail import PARTS, tail_cost
from tests.support import require_program


def test_the_parts_of_a_tick_are_all_of_it() -> None:
    require_program("promtool")
    figures, rows = tail_cost(200)
    assert {row["series"] for row in rows} == {200}
    for row in rows[1:]:
        assert sum(row[part] for part in ("read", *PARTS)) == pytest.approx(row["whole"])
        assert all(row[part] > 0 for part in PARTS)
    assert figures["tick_whole_100k_s"] > figures["tick_bank_100k_s"] > 0
