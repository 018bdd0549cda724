"""What a container may use counts where it is less than the machine has."""

from pathlib import Path

from patternwatch.usable_memory import MIB, usable_bytes


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(f"{100 * MIB}\n")
    assert usable_bytes((tmp_path / "none", limit)) == 100 * MIB


def test_no_limit_and_one_beyond_the_machine_change_nothing(tmp_path: Path) -> None:
    unlimited, beyond = tmp_path / "memory.max", tmp_path / "limit_in_bytes"
    unlimited.write_text("max\n")
    beyond.write_text(str(2**63))
    assert usable_bytes((unlimited, beyond)) == usable_bytes(()) > 100 * MIB
