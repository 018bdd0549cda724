"""The Faust app of a worker: raw topics, one agent for each consumer, and the settings that proved safe."""

from collections.abc import Callable
from typing import Any

import faust
from faust.auth import Credentials, OAuthCredentials, SASLCredentials, SSLCredentials
from faust.transport.drivers.aiokafka import Transport

from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.offsets import Partition
from patternwatch.kafka.security import client_options
from patternwatch.kafka.topics import MAX_RECORD_BYTES, topic_name
from patternwatch.streams.consumer.topic_consumer import TopicConsumer
from patternwatch.streams.settings import WorkerSettings

_METADATA_MAX_AGE_MS = 10_000
_MAX_POLL = 500
"""Records of one poll. The client gives those of one partition after those of another, and asks the broker
for no others while some are left: with few a poll, a storm of alerts would keep the parts of a person's
request waiting in the client."""
_MAX_BUFFERED = 5000
"""Records of a topic between Faust's fetches and its agent.

From four fifths of it on, Faust fetches no more of the topic's partitions; what is fetched by then must find
room (two polls), since Faust hands out all topics in one row and waits where one of them is full.
"""

_NEVER_S = 1e9
"""Faust's own watch over partitions counts from the start of the process: five minutes after it, each
rebalance is followed by an error for every partition that was assigned a moment ago. Ours counts from the
assignment (`stall_timeout_s`)."""


class _App(faust.App):
    """Needs no folder that it can write to, and shares none with the workers of other users."""

    transport_type: type[Transport]

    def _new_transport(self) -> Any:
        return self.transport_type(self.conf.broker_consumer, self)

    async def on_first_start(self) -> None:
        """Faust makes the folders of its tables here."""


def build_app(settings: WorkerSettings, transport: type[Transport] = Transport) -> faust.App:
    """The app, without agents yet; its consumer is the transport's.

    The assignment strategy is round robin (no standby replicas: there are no tables), offsets are
    committed every second, and neither topics nor a web server are made by Faust.
    """
    servers = settings.kafka.bootstrap.split(",")
    app = _App(
        settings.group,
        broker=[f"kafka://{server.strip()}" for server in servers],
        broker_credentials=faust_credentials(settings.kafka),
        broker_client_id="patternwatch-worker",
        broker_commit_interval=1.0,
        broker_commit_livelock_soft_timeout=_NEVER_S,
        broker_heartbeat_interval=settings.session_timeout_s / 6,
        broker_session_timeout=settings.session_timeout_s,
        broker_rebalance_timeout=10.0,
        broker_request_timeout=30.0,
        broker_max_poll_records=_MAX_POLL,
        consumer_auto_offset_reset="earliest",
        # How soon a topic that was made again, or has got more partitions, is shared out; else 5 min.
        consumer_metadata_max_age_ms=_METADATA_MAX_AGE_MS,
        consumer_max_fetch_size=2 * MAX_RECORD_BYTES,
        key_serializer="raw",
        value_serializer="raw",
        producer_acks=-1,
        store="memory://",
        stream_buffer_maxsize=_MAX_BUFFERED,
        stream_processing_timeout=_NEVER_S,
        stream_wait_empty=False,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
    )
    app.transport_type = transport
    return app


def faust_credentials(settings: KafkaSettings) -> Credentials | None:
    """What `client_options` says, in Faust's words; None for a plain connection. Raises as it does."""
    options = client_options(settings)
    context = options.get("ssl_context")
    if (provider := options.get("sasl_oauth_token_provider")) is not None:
        return OAuthCredentials(oauth_cb=provider, ssl_context=context)
    if (mechanism := options.get("sasl_mechanism")) is not None:
        return SASLCredentials(
            username=options["sasl_plain_username"],
            password=options["sasl_plain_password"],
            mechanism=mechanism,
            ssl_context=context,
        )
    return SSLCredentials(context) if context is not None else None


def add_agent(app: faust.App, settings: WorkerSettings, consumer: TopicConsumer) -> None:
    """Let an agent of this app feed the consumer with the records of its topic.

    Concurrency stays at 1: more streams of one agent lose records in a rebalance; the consumer
    itself works on several records at once.
    """
    name = topic_name(settings.kafka, consumer.topic)
    topic = app.topic(name, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def feed(stream: Any) -> None:
        await consumer(stream)

    app.agent(topic, name=f"patternwatch.{consumer.topic.name}", concurrency=1)(feed)


def on_partitions(app: Any, revoked: Callable[[], None], assigned: Callable[[set[Partition]], None]) -> None:
    """Call these when partitions are revoked (all of them, at each rebalance) and assigned."""

    async def on_revoked(*_: Any, **__: Any) -> None:
        revoked()

    async def on_assigned(_app: Any, partitions: Any, **_: Any) -> None:
        assigned({(tp.topic, tp.partition) for tp in partitions})

    app.on_partitions_revoked.connect(on_revoked)
    app.on_partitions_assigned.connect(on_assigned)
