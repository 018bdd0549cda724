"""A port that is given to a server is one that no connection gets while the server is away."""

import socket
from pathlib import Path

import pytest

from patternwatch.kafka.dev import free_ports
from patternwatch.kafka.dev.free_ports import HOST, free_port, is_free


def test_it_is_none_of_those_that_connections_get() -> None:
    begins = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert max(free_port() for _ in range(50)) < begins


def test_a_wanted_one_is_given_unless_somebody_has_it() -> None:
    wanted = free_port()
    assert free_port(wanted) == wanted
    assert free_port(wanted, {wanted}) != wanted
    with socket.socket() as held:
        held.bind((HOST, wanted))
        held.listen()
        assert not is_free(wanted)
        assert free_port(wanted) != wanted


def test_none_is_given_twice() -> None:
    taken: set[int] = set()
    given = [free_port(0, taken) for _ in range(20)]
    assert len(set(given)) == 20
    assert taken == set(given)


def test_where_connections_get_all_of_them_there_is_one_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "range"
    told.write_text("1024\t65535\n")
    monkeypatch.setattr(free_ports, "_RANGE", told)
    assert is_free(free_port())
    monkeypatch.setattr(free_ports, "_RANGE", tmp_path / "none")
    assert free_port() < 32768
