"""Command line of the testbed: ``python -m testbed faults|up|record|export|table|serve``."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path

from testbed import processes
from testbed.bundle_table import write_table
from testbed.errors import TestbedError
from testbed.exporting import export_windows
from testbed.faults.registry import CONTROL, FAULTS
from testbed.journal import Journal
from testbed.kube import commands as kube
from testbed.ports import free_ports
from testbed.recorder import run_schedule
from testbed.schedule import Timing, plan_windows, total_seconds
from testbed.stack import Stack, StackOptions
from testbed.supervisor import Supervisor, raise_autogroup


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m testbed", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    faults = commands.add_parser("faults", help="list the faults")
    faults.add_argument("--kube", action="store_true", help="those of the Kubernetes testbed")
    for name, text in (("up", "run the stack until Ctrl-C"), ("record", "run faults on schedule")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--work", type=Path, help="folder for all files (default: a new one)")
        command.add_argument("--cluster", default="shop-a", help="label of every series")
        command.add_argument("--core", type=int, help="pin everything to this CPU")
        command.add_argument("--nice", type=int, default=0, help="niceness; below 0 needs root")
        command.add_argument("--users", type=int, default=24, help="visitors of the load generator")
        command.add_argument("--seed", type=int, default=1)
        if name == "record":
            command.add_argument("faults", nargs="*", help=f"fault names, or {CONTROL}")
            command.add_argument("--kube", action="store_true", help="the Kubernetes testbed, see README.md")
            command.add_argument("--all", action="store_true", help="with --kube: every fault and control")
            command.add_argument("--stacks", type=int, default=1, help="with --kube: clusters side by side")
            command.add_argument("--seeds", type=int, default=1, help="with --kube: so many, from --seed on")
            command.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
            command.add_argument("--to", type=Path, help="folder to export the windows to at the end")
            command.add_argument("--hold", action="store_true", help="stay up after the last window")
            command.add_argument("--baseline", type=int, help="scrapes before the fault")
            command.add_argument("--points", type=int, help="scrapes from the fault on")
            command.add_argument("--recovery", type=float, default=Timing().recovery_s)
            command.add_argument("--warm-up", type=float, help="seconds before the first window")
    export = commands.add_parser("export", help="make bundles of the complete windows of a running stack")
    export.add_argument("--work", type=Path, required=True)
    export.add_argument("--to", type=Path, required=True, help="folder of the bundles")
    export.add_argument("--only", nargs="*", default=[], help="names of windows (default: all)")
    table = commands.add_parser("table", help="write the table of a folder of bundles into its README.md")
    table.add_argument("folder", type=Path)
    serve = commands.add_parser("serve", help="serve the TSDB of a past recording until Ctrl-C")
    serve.add_argument("--work", type=Path, required=True)
    return parser


def _stack(given: argparse.Namespace) -> Stack:
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    if given.nice:
        os.setpriority(os.PRIO_PROCESS, 0, given.nice)
        raise_autogroup(os.getpid())
    work = given.work or Path(tempfile.mkdtemp(prefix="testbed-"))
    work.mkdir(parents=True, exist_ok=True)
    work.chmod(0o755)
    return Stack(StackOptions(work, given.cluster, given.core, given.users, given.seed))


async def _until_signal() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()


async def _up(given: argparse.Namespace) -> None:
    stack = _stack(given)
    try:
        await stack.start()
        print(f"shop {stack.layout.shop_url}  prometheus {stack.layout.prometheus_url}")
        await _until_signal()
    finally:
        await stack.stop()


def _timing(given: argparse.Namespace) -> Timing:
    """What the command line says, the standard where it says nothing."""
    usual = Timing()
    return Timing(
        usual.baseline_points if given.baseline is None else given.baseline,
        usual.fault_points if given.points is None else given.points,
        given.recovery,
        usual.warm_up_s if given.warm_up is None else given.warm_up,
    )


async def _record(given: argparse.Namespace) -> None:
    timing = _timing(given)
    seconds = total_seconds(plan_windows(given.faults, timing))
    stack = _stack(given)
    layout = stack.layout
    print(f"{layout.work}: {seconds / 60:.0f} min, prometheus {layout.prometheus_url}", flush=True)
    try:
        await stack.start()
        recording = asyncio.create_task(run_schedule(stack, given.faults, timing))
        signalled = asyncio.create_task(_until_signal())
        await asyncio.wait({recording, signalled}, return_when=asyncio.FIRST_COMPLETED)
        if recording.done():
            recording.result()
            if given.to:
                await asyncio.to_thread(export_windows, recording.result(), given.to)
            if given.hold and not signalled.done():
                await signalled
        for task in (recording, signalled):
            task.cancel()
    finally:
        await stack.stop()


async def _serve(given: argparse.Namespace) -> None:
    work = given.work.resolve()
    port = free_ports(["prometheus"])["prometheus"]
    (work / "serve.yml").write_text("{}\n")
    supervisor = Supervisor(work / "logs")
    try:
        await supervisor.start(processes.prometheus(work, port, "serve.yml"))
        journal = Journal.read(work / "journal.json")
        journal.prometheus_url = f"http://127.0.0.1:{port}"
        journal.write()
        print(f"prometheus {journal.prometheus_url}", flush=True)
        await _until_signal()
    finally:
        await supervisor.stop()


def _list_faults(given: argparse.Namespace) -> None:
    if given.kube:
        kube.list_faults()
        return
    for fault in FAULTS.values():
        print(f"{fault.name:24} {fault.culprit:10} {fault.shape:26} {fault.text}")


def main() -> int:
    """Run a command; 1 with a message on stderr when the testbed cannot do it."""
    given = _parser().parse_args()
    commands = {"up": _up, "record": _record, "serve": _serve}
    try:
        if given.command == "record" and given.kube:
            return kube.run(given)
        if given.command in commands:
            asyncio.run(commands[given.command](given))
        elif given.command == "export":
            export_windows(Journal.read(given.work / "journal.json"), given.to, given.only)
        elif given.command == "table":
            write_table(given.folder)
        else:
            _list_faults(given)
    except TestbedError as error:
        print(f"testbed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
