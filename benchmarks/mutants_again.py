"""Are they caught now? `python -m benchmarks.mutants_again [--mutants DIR] TESTS`.

A run of mutmut takes an hour, and its survivors lead to new tests. This puts each survivor that has no reason
into today's code, into the function of the same name, if what the mutant changes is still there. Those of
TESTS (arguments of pytest) that reach the function run, the fastest first, in a process of their own.
DIR/since.json then holds what became of each, and `benchmarks.mutants` reads it:

caught    a test fails now
survived  none does
gone      what is changed is no longer there
(a kind)  `harmless_mutants` gives a reason, by the name that the function has now

With --only TEXT the others stay as they were.
"""

import argparse
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FrameType

import hypothesis
import pytest

from benchmarks.mutants import SINCE, unexplained
from benchmarks.mutants_today import Again, place_today, put_into
from benchmarks.output import progress

GRACE_S = 30.0
"""A mutant may take so long, and five times as long as the tests without it; then it hangs, and is caught."""


class Trial:
    """As a plugin of pytest: runs the collected tests once as they are, then those that reach each mutant."""

    def __init__(self, mutants: Sequence[Again]) -> None:
        self.became: dict[str, str] = {}
        self._mutants = mutants
        self._failed = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember that a test failed."""
        self._failed |= report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try every mutant, in the place of pytest's own loop."""
        reached = self._reached(session.items)
        tests = list({test: None for took in reached.values() for test in took})
        if self._caught(None, tests, 0.0) != "survived":
            raise SystemExit("tests fail without a mutant, in a process of their own")
        for mutant in self._mutants:
            took = reached.get(mutant.function.__code__, {})
            tests = sorted(took, key=lambda test: took[test])
            self.became[mutant.name] = self._caught(mutant, tests, GRACE_S + 5 * sum(took.values()))
            progress(f"{self.became[mutant.name]}: {mutant.name} ({len(tests)} tests)")
        return True

    def _reached(self, tests: Sequence[pytest.Item]) -> dict[CodeType, dict[pytest.Item, float]]:
        """The tests that call each function, and how long they take; raises SystemExit where one fails."""
        reached: dict[CodeType, dict[pytest.Item, float]] = {m.function.__code__: {} for m in self._mutants}
        seen: set[CodeType] = set()

        def watch(frame: FrameType, event: str, _: object) -> None:
            if event == "call" and frame.f_code in reached:
                seen.add(frame.f_code)

        for test, following in zip(tests, [*tests[1:], None], strict=True):
            seen.clear()
            began = time.monotonic()
            sys.setprofile(watch)
            self._run(test, following)
            sys.setprofile(None)
            if self._failed:
                raise SystemExit(f"{test.nodeid} fails without a mutant")
            for code in seen:
                reached[code][test] = time.monotonic() - began
        return reached

    def _caught(self, mutant: Again | None, tests: Sequence[pytest.Item], limit_s: float) -> str:
        """What becomes of the mutant in a process of its own."""
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            signal.alarm(int(limit_s))
            if mutant is not None:
                mutant.take_its_place()
            for test, following in zip(tests, [*tests[1:], None], strict=True):
                self._run(test, following)
                if self._failed:
                    break
            os._exit(int(self._failed))
        return "survived" if os.waitpid(child, 0)[1] == 0 else "caught"

    def _run(self, test: pytest.Item, following: pytest.Item | None) -> None:
        test.config.hook.pytest_runtest_protocol(item=test, nextitem=following)


def again(folder: Path, only: str, tests: Sequence[str]) -> dict[str, str]:
    """What becomes of the survivors of this run with these tests, by mutant; raises SystemExit as a Trial."""
    became: dict[str, str] = {}
    tried: list[Again] = []
    for name, texts in unexplained(folder).items():
        if only in name:
            place = place_today(name, *texts)
            mutant = put_into(name, place) if place and not place.kind else None
            tried += [mutant] if mutant else []
            if mutant is None:
                became[name] = (place and place.kind) or "gone"
    if not tried:
        return became
    trial = Trial(tried)
    patient = hypothesis.settings(deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    hypothesis.settings.register_profile("patient", patient)
    hypothesis.settings.load_profile("patient")
    pytest.main(["-q", "-s", "-p", "no:cacheprovider", "--no-header", *tests], plugins=[trial])
    if len(trial.became) < len(tried):
        raise SystemExit("the tests could not be run")
    return became | trial.became


def main() -> None:
    """Try the survivors of a run again, and write what became of each beside it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mutants", type=Path, default=Path("mutants"), help="folder that a run left")
    parser.add_argument("--only", default="", metavar="TEXT", help="survivors with this in their name")
    parser.add_argument("tests", nargs="+", help="files of tests, as pytest takes them")
    arguments = parser.parse_args()
    file = arguments.mutants / SINCE
    since: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    since |= again(arguments.mutants, arguments.only, arguments.tests)
    file.write_text(json.dumps(since, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
