"""Each part of a running site is restarted once, as an upgrade does it: nobody notices."""

import signal
from pathlib import Path

from benchmarks.faults.rolling import APIS, roll
from benchmarks.faults.schedule import WORKERS
from benchmarks.faults.source import fake_source
from tests.api.postgres import PostgresServer
from tests.support import require_program


async def test_a_rolling_restart_of_everything_under_load_fails_no_request(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    require_program("java")
    require_program("mvn")
    with fake_source() as source:
        found = await roll(source, tmp_path, postgres.new_database(), per_s=4)
    assert found.restarted == [*WORKERS, *APIS, "broker"]
    assert found.failed == []
    assert found.not_whole == []
    # The API ends by the signal, as uvicorn does when it is done; 1 would be a deadline that has passed.
    assert found.exit_codes <= {0, -signal.SIGTERM}
    assert found.accepted > 10
    assert found.requests > 4 * 10
