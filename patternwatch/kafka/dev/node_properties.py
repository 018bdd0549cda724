"""The configuration of the development node: broker and controller in one process, on two free ports."""

from patternwatch.contracts.errors import BrokerUnavailableError
from patternwatch.kafka.dev.free_ports import HOST, free_port, why_taken

DATA = "data"
"""Beside the file, and relative to it: Kafka reads the file as Latin-1, a backslash in it as an escape, and a
comma in a folder as two folders."""
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


def node_properties(port: int, controller: int, more: str = "") -> str:
    """The text of its server.properties.

    more  further lines, which win; `{port}` and `{controller}` in them are filled in

    >>> text = node_properties(9092, 9093, "log.retention.ms=1000")
    >>> [line for line in text.splitlines() if "9093" in line or "retention" in line]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['controller.quorum.voters=1@127.0.0.1:9093',
     'listeners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093',
     'log.retention.ms=1000']
    """
    own = _PROPERTIES.format(host=HOST, port=port, controller=controller, data=DATA)
    return own + more.format(port=port, controller=controller)


def ports_of_node(wanted: int) -> tuple[int, int]:
    """The wanted port (0 = any) and another one, both free now; raises BrokerUnavailableError."""
    if wanted and (error := why_taken(wanted)) is not None:
        raise BrokerUnavailableError(
            f"Port {wanted} is taken ({error.strerror})", "Give another one, or 0 for any free one"
        )
    port = wanted or free_port()
    return port, free_port(taken={port})
