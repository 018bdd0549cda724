"""Record again what real servers answer: `python -m tests.recorded.record [NAME ...]`.

NAME  of the recordings to make again, such as `thanos-limited`; by default all whose program is there
"""

import asyncio
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from patternwatch.contracts.errors import PatternwatchError
from tests.recorded.exchanges import Exchanges, Recorder
from tests.recorded.servers import Server, servers
from tests.recorded.visit import visit

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "servers"


def main() -> None:
    """Visit each server twice: as it comes, and with a limit that everything is over."""
    wanted = sys.argv[1:]
    for name, server in servers().items():
        for suffix in ("", "-limited"):
            if not wanted or name + suffix in wanted:
                record(name + suffix, server, is_limited=bool(suffix))


def record(name: str, server: Server, *, is_limited: bool) -> None:
    """Write what one server answers."""
    exchanges = Exchanges(server.version, f"{datetime.now(UTC):%Y-%m-%d}")
    with (
        tempfile.TemporaryDirectory() as folder,
        server.started(Path(folder), server.few if is_limited else ()) as url,
    ):
        try:
            told = asyncio.run(visit(url, Recorder(exchanges)))
        except PatternwatchError as error:
            sys.stderr.write(f"{name}: {error}\n")
        else:
            for check in told.checks.values():
                sys.stderr.write(f"{name}: {check.verdict} {check.name}: {check.finding}\n")
            sys.stderr.write(f"{name}: {told.report.verdict}\n")
    path = FIXTURES / f"{name}.json.xz"
    path.parent.mkdir(parents=True, exist_ok=True)
    exchanges.write(path)
    sys.stderr.write(f"{name}: {len(exchanges.answers)} answers, {path.stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
