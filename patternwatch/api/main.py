"""The composition root of `patternwatch api`: settings in, a serving process out."""

import socket
import time

import structlog
import uvicorn

from patternwatch.api.app import create_app
from patternwatch.api.parts import Parts
from patternwatch.api.publisher import KafkaPublisher
from patternwatch.api.read_model import ReadModel
from patternwatch.api.settings import ApiSettings
from patternwatch.logs import configure_logs

_LAST_REQUESTS_S = 5

log = structlog.get_logger(__name__)


def parts_for(settings: ApiSettings) -> Parts:
    """The real parts: database, Kafka, the wall clock."""
    return Parts(
        settings=settings,
        read_model=ReadModel(settings.database_url),
        publisher=KafkaPublisher(settings.kafka, settings.publish_timeout_s),
        clock=lambda: time.time_ns() // 1_000_000,
    )


def run(settings: ApiSettings) -> None:
    """Serve until SIGINT or SIGTERM."""
    configure_logs(settings.log)
    server_for(parts_for(settings)).run()


def server_for(parts: Parts, *, feed: bool = True) -> "Server":
    """A uvicorn server over these parts."""
    settings = parts.settings
    config = uvicorn.Config(
        create_app(parts, feed=feed),
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_REQUESTS_S,
    )
    return Server(config, parts)


class Server(uvicorn.Server):
    """Ends the event streams before it waits for open connections."""

    def __init__(self, config: uvicorn.Config, parts: Parts) -> None:
        super().__init__(config)
        self._parts = parts

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say where."""
        await super().startup(sockets)
        if self.started:
            log.info("api.listening", url=f"http://{self._parts.settings.host}:{self.port}")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, end the streams, finish what is open."""
        self._parts.broadcaster.close()
        await super().shutdown(sockets)

    @property
    def port(self) -> int:
        """The port that it listens on, known once it has started."""
        port: int = self.servers[0].sockets[0].getsockname()[1]
        return port
