"""What the API reads from Kafka and writes to it."""

from patternwatch.contracts.roles import Role
from patternwatch.contracts.topics import (
    ALERTS,
    JOINED_ALERTS,
    LABELLED_EXAMPLES,
    PROGRESS,
    REPORTS,
    REQUESTS,
    WATCH_DEFINITIONS,
    WATCH_STATES,
)

API_ROLE = Role(
    "api",
    "Takes alerts, requests, labelled examples and watches in, and serves reports and progress.",
    consumes=(
        REPORTS,
        ALERTS,
        JOINED_ALERTS,
        REQUESTS,
        PROGRESS,
        LABELLED_EXAMPLES,
        WATCH_DEFINITIONS,
        WATCH_STATES,
    ),
    produces=(ALERTS, REQUESTS, REPORTS, PROGRESS, LABELLED_EXAMPLES, WATCH_DEFINITIONS, WATCH_STATES),
)
