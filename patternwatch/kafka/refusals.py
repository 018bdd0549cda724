"""What a failure of the Kafka client means, and what to do about it: one row for each error."""

import ssl

from aiokafka import errors

from patternwatch.contracts.errors import BrokerRefusedError, BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings

VARIABLE = "PATTERNWATCH_KAFKA__SECURITY__"

_RIGHTS = (
    "Give its user the rights that docs/kafka.md lists (`kafka-acls --add`); `patternwatch doctor` says "
    "which are missing"
)

MEANINGS: tuple[tuple[type[Exception], str, str], ...] = (
    # Codes and their meaning: Kafka's protocol guide, "Error Codes".
    (errors.TopicAuthorizationFailedError, "it does not let this client use the topic", _RIGHTS),
    (errors.GroupAuthorizationFailedError, "it does not let this client join the consumer group", _RIGHTS),
    (
        errors.ClusterAuthorizationFailedError,
        "it does not let this client send, or make topics",
        _RIGHTS,
    ),
    (
        errors.SaslAuthenticationFailed,
        "it does not accept this login",
        f"Check {VARIABLE}USERNAME and PASSWORD (or PASSWORD_FILE, TOKEN_FILE), and MECHANISM",
    ),
    (
        errors.UnsupportedSaslMechanismError,
        "it does not offer this SASL mechanism",
        f"Set {VARIABLE}MECHANISM to one that it offers",
    ),
    (
        errors.IllegalSaslStateError,
        "this listener wants no login",
        f"Set {VARIABLE}PROTOCOL to PLAINTEXT or SSL, or use the port of a listener with SASL",
    ),
    (
        errors.AuthenticationFailedError,
        "there is no usable token",
        f"Let the file of {VARIABLE}TOKEN_FILE be renewed before its token expires",
    ),
    (
        errors.PolicyViolationError,
        "a policy of the brokers forbids it",
        "Ask whoever runs the brokers, or make the topics by hand as docs/kafka.md lists them",
    ),
)
"""Refusals: they stay until somebody changes a setting or a right."""

TRANSIENT: tuple[tuple[type[Exception], str, str], ...] = (
    (
        errors.NotEnoughReplicasError,
        "fewer copies are in sync than min.insync.replicas wants",
        "Bring back the lost brokers; if all are there, the topic has fewer copies than min.insync.replicas",
    ),
    (
        errors.InvalidTimestampError,
        "it does not take the time that our records bear",
        "Set this machine's clock right: brokers take up to `message.timestamp.after.max.ms` ahead of theirs",
    ),
    (
        errors.UnknownTopicOrPartitionError,
        "it has no such topic",
        "Start a worker (`patternwatch worker`): it creates the topics",
    ),
)
"""Failures that may go away by themselves, and what helps if they do not."""

CERTIFICATES: tuple[tuple[frozenset[int], str, str], ...] = (
    # X509_V_ERR_*: openssl's x509_vfy.h and X509_STORE_CTX_get_error(3).
    (
        frozenset({2, 18, 19, 20, 21}),
        "its certificate is of an authority that this process does not trust",
        f"Set {VARIABLE}CA_FILE to the authority's certificate",
    ),
    (
        frozenset({62, 64}),
        "its certificate is for another name",
        (
            "Use a name of the certificate in PATTERNWATCH_KAFKA__BOOTSTRAP and in the brokers' "
            f"advertised.listeners, or set {VARIABLE}CHECK_HOSTNAME=false"
        ),
    ),
    (
        frozenset({9, 10}),
        "its certificate is over, or not valid yet",
        "Renew it, and check this machine's clock",
    ),
)
"""OpenSSL's codes of what is wrong with a broker's certificate."""


def unavailable(settings: KafkaSettings, error: Exception) -> BrokerUnavailableError:
    """What a failure of the Kafka client means to whoever asked; BrokerRefusedError for a refusal."""
    where = f"Kafka at {settings.bootstrap}"
    for kind, meaning, remedy in MEANINGS:
        if isinstance(error, kind):
            return BrokerRefusedError(f"{where}: {meaning} ({_words(error)})", remedy)
    for kind, meaning, remedy in TRANSIENT:
        if isinstance(error, kind):
            return BrokerUnavailableError(f"{where}: {meaning} ({_words(error)})", remedy)
    return BrokerUnavailableError(
        f"{where} did not answer: {type(error).__name__}: {error}",
        "Try again in a few seconds; if it stays so, check the broker and PATTERNWATCH_KAFKA__BOOTSTRAP",
    )


def certificate_refused(address: str, error: ssl.SSLCertVerificationError) -> BrokerRefusedError:
    """Why a broker's certificate is not accepted."""
    for codes, meaning, remedy in CERTIFICATES:
        if error.verify_code in codes:
            return BrokerRefusedError(f"Kafka at {address}: {meaning} ({error.verify_message})", remedy)
    return BrokerRefusedError(
        f"Kafka at {address}: its certificate is not accepted: {error.verify_message}",
        f"Check it by `openssl s_client -connect {address}`",
    )


def is_refusal(error: Exception) -> bool:
    """Whether this error stays until somebody changes a setting or a right.

    >>> is_refusal(errors.TopicAuthorizationFailedError()), is_refusal(errors.RequestTimedOutError())
    (True, False)
    """
    return isinstance(error, tuple(kind for kind, _, _ in MEANINGS))


def _words(error: Exception) -> str:
    said = ", ".join(str(part) for part in error.args if part)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
