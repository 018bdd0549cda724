"""The worker process: settings in, source opened, model loaded, topics made, agents run, clean end."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

import structlog

from patternwatch.classifier.few_shot import Embedder
from patternwatch.contracts.errors import InputError, PatternwatchError
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.source import SeriesSource
from patternwatch.logs import configure_logs
from patternwatch.open_files import raise_open_files
from patternwatch.streams.consumer.loop_watch import STALLED, LoopWatch
from patternwatch.streams.consumer.watchdog import StalledError
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.state.models import first_model
from patternwatch.streams.status_server import serving_status
from patternwatch.streams.worker import Worker

if sys.platform != "win32":
    import uvloop

log = structlog.get_logger()

OK, FAILED, BAD_INPUT = 0, 1, 2
_LAST_THREADS_S = 0.5


def open_parts(settings: WorkerSettings) -> tuple[SeriesSource, Embedder]:
    """The metrics source and the shape model; raises InputError, BundleError."""
    return open_source(settings.source), first_model(settings.model)


def run(
    settings: WorkerSettings,
    open_parts: Callable[[WorkerSettings], tuple[SeriesSource, Embedder]] = open_parts,
) -> int:
    """Run a worker until SIGTERM or SIGINT; the exit code.

    A failure to start is one clear log event and a code other than 0 (2 for a mistake in the settings, 3
    where a watchdog ends it), so that a supervisor sees it.
    """
    configure_logs(settings.log)
    raise_open_files()
    _take_fast_loops()
    stop = StopDeadline(settings.stop_timeout_s)
    try:
        asyncio.run(_serve(settings, stop, *open_parts(settings)))
    except StalledError:
        return STALLED
    except PatternwatchError as error:
        log.error("worker.failed", problem=error.problem, remedy=error.remedy)
        return BAD_INPUT if isinstance(error, InputError) else FAILED
    except Exception:
        log.exception("worker.crashed")
        return FAILED
    finally:
        stop.met()
    return OK


def _take_fast_loops() -> None:
    """Event loops in C, where there are some: for the worker's and for the one of Faust's consumer thread."""
    if sys.platform != "win32":
        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())


def leave(code: int) -> None:
    """End the process with this code: threads that still compile or scan are not waited for.

    What they do is handed back already, and Python would wait for them for ever.
    """
    until = time.monotonic() + _LAST_THREADS_S
    while _running_threads() and time.monotonic() < until:
        time.sleep(0.01)
    if _running_threads():
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _running_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if not t.daemon and t is not threading.main_thread()]


class StopDeadline:
    """From the signal on, the process has so many seconds: whatever it waits for then, it ends.

    By a thread, since what hangs may be the loop's own end: a name that is being looked up, a download.
    """

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self.code = FAILED
        """With which it ends then."""
        self._timer: threading.Timer | None = None

    def begin(self) -> None:
        """The signal is there."""
        if self._timer is None:
            self._timer = threading.Timer(self._timeout_s, self._pass)
            self._timer.daemon = True
            self._timer.start()

    def met(self) -> None:
        """It ends by itself."""
        if self._timer is not None:
            self._timer.cancel()

    def _pass(self) -> None:
        # Faust may wait for ever for a broker that is gone; unacknowledged records are read again elsewhere.
        log.error("worker.stop.timeout", waited_s=self._timeout_s)
        os._exit(self.code)


async def _serve(settings: WorkerSettings, stop: StopDeadline, source: SeriesSource, model: Embedder) -> None:
    worker = Worker(settings, source, model)
    _stop_on_signals(worker, stop)
    watch = LoopWatch(lambda: worker.health.beats, settings.loop_timeout_s)
    beating = asyncio.create_task(worker.health.beat())
    watch.start()
    registry = worker.metrics.registry
    try:
        with serving_status(settings.metrics_host, settings.metrics_port, registry, worker.health) as port:
            log.info("worker.starting", kafka=settings.kafka.bootstrap, metrics_port=port)
            try:
                if await _started(worker):
                    await worker.run()
            except StalledError as error:  # told now: what stands still may not end either
                log.error("worker.stalled", reason=str(error))
                stop.code = STALLED
                raise
            finally:
                stop.begin()
                await worker.close()
    finally:
        watch.stop()
        beating.cancel()


async def _started(worker: Worker) -> bool:
    """Whether it started; a stop may come while it still waits for the broker."""
    starting = asyncio.create_task(worker.start())
    stopped = asyncio.create_task(worker.stopped())
    await asyncio.wait((starting, stopped), return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not starting.done():
        starting.cancel()
        return False
    starting.result()
    return True


def _stop_on_signals(worker: Worker, stop: StopDeadline) -> None:
    def on_signal() -> None:
        stop.begin()
        worker.stop()

    loop = asyncio.get_running_loop()
    hangup = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)  # by nohup
    for number in (signal.SIGTERM, signal.SIGINT, *hangup):
        loop.add_signal_handler(number, on_signal)
