"""What the API reads from Kafka and writes to it."""

from patternwatch.contracts.roles import Role
from patternwatch.contracts.topics import (
    ALERTS,
    JOINED_ALERTS,
    LABELLED_EXAMPLES,
    PROGRESS,
    REPORTS,
    REQUESTS,
)

API_ROLE = Role(
    "api",
    "Takes alerts, requests and labelled examples in, and serves reports and progress.",
    consumes=(REPORTS, ALERTS, JOINED_ALERTS, REQUESTS, PROGRESS, LABELLED_EXAMPLES),
    produces=(ALERTS, REQUESTS, REPORTS, LABELLED_EXAMPLES),
)
