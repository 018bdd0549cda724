"""The composition root of `patternwatch api`: settings in, a serving process out."""

import asyncio
import errno
import signal
import socket
import time
from collections.abc import Awaitable
from contextlib import suppress

import structlog
import uvicorn
from sqlalchemy.exc import DBAPIError

from patternwatch.api.access.access import Access
from patternwatch.api.access.bind import require_mode_or_loopback
from patternwatch.api.app import create_app
from patternwatch.api.context import AppContext
from patternwatch.api.feed_watch import STALLED, watch_feed
from patternwatch.api.http.bounded_head import BoundedHead
from patternwatch.api.read_model.database_errors import remedy
from patternwatch.api.read_model.queries import ReadModel
from patternwatch.api.role import API_ROLE
from patternwatch.api.settings import ApiSettings
from patternwatch.contracts.errors import InputError, PatternwatchError
from patternwatch.kafka.delivery import GiveUpAfter
from patternwatch.kafka.producer import KafkaPublisher
from patternwatch.kafka.role_publisher import RolePublisher
from patternwatch.kafka.security import client_options
from patternwatch.logs import configure_logs
from patternwatch.open_files import raise_open_files

_FAILED, _BAD_INPUT = 1, 2
_LAST_REQUESTS_S = 5

log = structlog.get_logger(__name__)


def context_for(settings: ApiSettings) -> AppContext:
    """The real services: database, Kafka, the wall clock."""
    policy = GiveUpAfter(settings.publish_timeout_s, API_ROLE.consumes)
    broker = KafkaPublisher(settings.kafka, "patternwatch-api", policy)

    def clock() -> int:
        return time.time_ns() // 1_000_000

    return AppContext(
        settings=settings,
        read_model=ReadModel(settings.database_url),
        publisher=RolePublisher(broker, API_ROLE),
        broker=broker,
        clock=clock,
        access=Access(settings, clock),
    )


def run(settings: ApiSettings) -> None:
    """Serve until SIGINT or SIGTERM.

    What keeps it from that is one log event, and SystemExit as of a worker: 1 where it could not start, 2 for
    a mistake in the settings, 3 where the watchdog of the feed ended it.
    """
    configure_logs(settings.log)
    raise_open_files()
    try:
        client_options(settings.kafka)  # a file of credentials that cannot be used is an error now
        context = context_for(settings)
        server_for(context).run()
    except PatternwatchError as error:
        log.error("api.failed", problem=error.problem, remedy=error.remedy)
        raise SystemExit(_BAD_INPUT if isinstance(error, InputError) else _FAILED) from error
    if context.feed_state.stands_still:
        raise SystemExit(STALLED)


def server_for(context: AppContext, *, feed: bool = True) -> "Server":
    """A uvicorn server over these parts; raises InputError where everybody could use it from elsewhere."""
    settings = context.settings
    require_mode_or_loopback(settings)
    config = uvicorn.Config(
        create_app(context, feed=feed),
        host=settings.host,
        port=settings.port,
        http=BoundedHead,
        log_config=None,
        access_log=False,
        server_header=False,
        # Else a header says from where a connection comes, and mode proxy trusts what is not the proxy.
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_s,
        timeout_graceful_shutdown=_LAST_REQUESTS_S,
    )
    return Server(config, context, watched=feed)


class Server(uvicorn.Server):
    """Ends the event streams before it waits for open connections; and itself where its feed stands still."""

    def __init__(self, config: uvicorn.Config, context: AppContext, *, watched: bool) -> None:
        super().__init__(config)
        self._context = context
        self._watched = watched
        self._watching: asyncio.Task[None] | None = None

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Run until told to end; raises PatternwatchError where it cannot start."""
        context = self._context
        try:
            await _opened("read model", context.read_model.open())
            await _opened("database of tokens", context.access.open())
            if sockets is None:
                await self._require_address()
        except PatternwatchError:
            await context.access.close()
            await context.read_model.close()
            raise
        await super().serve(sockets)

    async def _require_address(self) -> None:
        """Uvicorn would end the process with the system's words alone, as if a watchdog had."""
        host, port = self._context.settings.host, self._context.settings.port
        try:
            tried = await asyncio.get_running_loop().create_server(asyncio.Protocol, host, port)
        except OSError as error:
            raise PatternwatchError(
                f"Cannot listen on {host}:{port}: {error}",
                "Set PATTERNWATCH_PORT to a free port (0 takes any), or end what has it"
                if error.errno == errno.EADDRINUSE
                else "Set PATTERNWATCH_HOST to an address of this machine (0.0.0.0 takes all), and "
                "PATTERNWATCH_PORT to one that this user may have",
            ) from error
        tried.close()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where; raises PatternwatchError where it does not come to that."""
        try:
            await super().startup(sockets)
        except SystemExit as ended:
            raise PatternwatchError("The API could not start", "The log lines before say why") from ended
        if self._watched:
            timeout_s = self._context.settings.feed_stall_timeout_s
            watching = watch_feed(self._context.feed_state, timeout_s, self._stop)
            self._watching = asyncio.create_task(watching, name="feed-watch")
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as it is by nohup
            with suppress(RuntimeError, ValueError):  # in a thread other than the main one
                asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._stop)
        if self.started:
            host = self._context.settings.host
            log.info("api.listening", url=f"http://{f'[{host}]' if ':' in host else host}:{self.port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, end the streams, finish what is open."""
        if self._watching is not None:
            self._watching.cancel()
        self._context.end_streams()
        await super().shutdown(sockets)

    def _stop(self) -> None:
        self.should_exit = True

    @property
    def port(self) -> int:
        """The port that it listens on, known once it has started."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port


async def _opened(what: str, opening: Awaitable[None]) -> None:
    try:
        await opening
    except DBAPIError as error:
        raise PatternwatchError(f"The {what} cannot be opened: {error.orig}", remedy(error)) from error
