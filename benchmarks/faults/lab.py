"""What a fault is given: the parts of the lab, and where to note what it reached."""

import random
from dataclasses import dataclass, field

from benchmarks.faults.cluster import Cluster
from benchmarks.faults.ledger import Ledger
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.source import FakeSource
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.producer import KafkaPublisher


@dataclass
class Lab:
    """The parts of one run.

    kafka   how to reach Kafka past the proxy
    direct  a publisher that does
    """

    cluster: Cluster
    proxy: Proxy
    source: FakeSource
    ledger: Ledger
    kafka: KafkaSettings
    direct: KafkaPublisher
    rng: random.Random
    reached: set[str] = field(default_factory=set)
    """Marks of states that a fault has seen itself reach."""
