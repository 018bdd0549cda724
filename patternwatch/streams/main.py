"""The worker process: settings in, source opened, model loaded, topics made, agents run, clean end."""

import asyncio
import os
import signal
from collections.abc import Callable

import structlog
from prometheus_client import start_http_server

from patternwatch.classifier.few_shot import Embedder
from patternwatch.contracts.errors import InputError, PatternwatchError
from patternwatch.cortex.factory import open_source
from patternwatch.cortex.source import SeriesSource
from patternwatch.logs import configure_logs
from patternwatch.streams.settings import WorkerSettings
from patternwatch.streams.state.models import first_model
from patternwatch.streams.worker import Worker

log = structlog.get_logger()

OK, FAILED, BAD_INPUT = 0, 1, 2


def open_parts(settings: WorkerSettings) -> tuple[SeriesSource, Embedder]:
    """The metrics source and the shape model; raises InputError, BundleError."""
    return open_source(settings.source), first_model(settings.model)


def run(
    settings: WorkerSettings,
    open_parts: Callable[[WorkerSettings], tuple[SeriesSource, Embedder]] = open_parts,
) -> int:
    """Run a worker until SIGTERM or SIGINT; the exit code.

    A failure to start is one clear log event and a code other than 0 (2 for a mistake in the settings),
    so that a supervisor sees it.
    """
    configure_logs(settings.log)
    try:
        asyncio.run(_serve(settings, *open_parts(settings)))
    except PatternwatchError as error:
        log.error("worker.failed", problem=error.problem, remedy=error.remedy)
        return BAD_INPUT if isinstance(error, InputError) else FAILED
    except Exception:
        log.exception("worker.crashed")
        return FAILED
    return OK


async def _serve(settings: WorkerSettings, source: SeriesSource, model: Embedder) -> None:
    worker = Worker(settings, source, model)
    _stop_on_signals(worker)
    server, _ = start_http_server(settings.metrics_port, settings.metrics_host, worker.metrics.registry)
    log.info("worker.starting", kafka=settings.kafka.bootstrap, metrics_port=server.server_port)
    try:
        if await _started(worker):
            await worker.run()
    finally:
        await _closed(worker, settings.stop_timeout_s)
        server.shutdown()
        server.server_close()


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


def _stop_on_signals(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)


async def _closed(worker: Worker, timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await worker.close()
    except TimeoutError:
        # Faust may wait for ever for a broker that is gone; unacknowledged records are read again elsewhere.
        log.error("worker.stop.timeout", waited_s=timeout_s)
        os._exit(FAILED)
