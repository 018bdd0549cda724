"""What was started is kept running: what ends by itself is started again, but for what it cannot bear."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from patternwatch.cli.process_group import ProcessEndedError, ProcessGroup
from tests.fakes.clock import FakeClock
from tests.support import wait_until

CLOCK = FakeClock()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[ProcessGroup]:
    with ProcessGroup(tmp_path, CLOCK) as group:
        yield group


def has_ended(group: ProcessGroup) -> bool | None:
    return "it" not in group.pids or None


def test_one_that_ended_is_started_again_after_a_pause_and_its_log_goes_on(group: ProcessGroup) -> None:
    group.start("it", "version", {})
    for pause_s in (1.0, 2.0, 4.0):
        wait_until("its end", lambda: has_ended(group))
        with capture_logs() as logs:
            group.keep_running()
            group.keep_running()
        assert [(one["event"], one["code"], one["again_in_s"]) for one in logs] == [
            ("process.ended", 0, pause_s)
        ]
        assert "it" not in group.pids, "not before the pause is over"
        CLOCK.now += pause_s
        group.keep_running()
        assert "it" in group.pids
    wait_until("its end", lambda: has_ended(group))
    assert len(group.log("it").read_text().splitlines()) == 4


def test_one_that_does_not_bear_its_settings_is_not(group: ProcessGroup) -> None:
    group.start("it", "worker", {"PATTERNWATCH_KAFKA__BOOTSTRAP": "nowhere:"})
    wait_until("its end", lambda: has_ended(group))
    with pytest.raises(ProcessEndedError, match="code 2:\n.*is no address of a broker"):
        group.keep_running()


def test_one_that_passes_may_end(group: ProcessGroup) -> None:
    group.start_passing("it", "version")
    wait_until("its end", lambda: has_ended(group))
    group.keep_running()
    group.check()
    assert "it" not in group.pids


def test_before_all_is_ready_an_end_is_an_error(group: ProcessGroup) -> None:
    group.start("it", "version", {})
    wait_until("its end", lambda: has_ended(group))
    with capture_logs() as logs:
        for _ in range(2):
            with pytest.raises(ProcessEndedError, match="The it process ended with code 0"):
                group.check()
    assert logs == [], "nobody starts it again"


def test_what_was_started_ends_with_a_command_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import time; from pathlib import Path; from patternwatch.cli.process_group import ProcessGroup\n"
        f"with ProcessGroup(Path({str(tmp_path)!r})) as group:\n"
        "    group.start('it', 'worker', {'PATTERNWATCH_KAFKA__BOOTSTRAP': '127.0.0.1:1', "
        "'PATTERNWATCH_KAFKA__CONNECT_TIMEOUT_S': '600', 'PATTERNWATCH_METRICS_PORT': '0'})\n"
        "    print(group.pids['it'], flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        wait_until("its start", lambda: "worker.starting" in (tmp_path / "it.log").read_text() or None)
        parent.kill()
    wait_until("its end", lambda: not Path(f"/proc/{child}").exists() or None)
