"""Why no broker lets us in.

aiokafka says only that it could not connect, so each address is visited by hand, and asked what it speaks.
"""

import ssl

from aiokafka.conn import collect_hosts
from aiokafka.errors import UnsupportedSaslMechanismError

from patternwatch.contracts.errors import BrokerElsewhereError, BrokerRefusedError, BrokerUnavailableError
from patternwatch.contracts.settings import KafkaSettings
from patternwatch.kafka.listener import AWAY, NO_TLS, Listener
from patternwatch.kafka.refusals import VARIABLE, certificate_refused, is_refusal, unavailable
from patternwatch.kafka.security import client_options


async def explained(settings: KafkaSettings, error: Exception) -> BrokerUnavailableError:
    """What this failure means: a refusal where a broker is there and does not let us in.

    Raises BrokerRefusedError for a file of the settings that cannot be used.
    """
    if is_refusal(error):
        return unavailable(settings, error)
    return await _found(settings) or unavailable(settings, error)


async def _found(settings: KafkaSettings) -> BrokerUnavailableError | None:
    """What is wrong with the first broker that is there; None where nothing is, or none is there."""
    options = client_options(settings)
    for host, port, _ in collect_hosts(options.pop("bootstrap_servers")):
        listener = Listener(host, port, options)
        try:
            named = await listener.visit()
        except AWAY as error:
            found = await _meaning(settings, listener, error)
            if found is not None:
                return found
        else:
            return await _elsewhere(listener, named)
    return None


async def _elsewhere(listener: Listener, named: list[tuple[str, int]]) -> BrokerElsewhereError | None:
    """Where the brokers are named by addresses (`advertised.listeners`) at which none can be reached.

    A client asks the bootstrap address for these names only, and goes on there.
    """
    reasons = [await Listener(host, port, {}).why_closed() for host, port in named]
    if not named or not all(reasons):
        return None
    where = ", ".join(f"{host}:{port}" for host, port in named)
    return BrokerElsewhereError(
        f"Kafka at {listener} answers, and sends its clients on to {where}, where this process reaches "
        f"nobody ({reasons[0]})",
        "Set the brokers' advertised.listeners to addresses that this machine reaches, or "
        "PATTERNWATCH_KAFKA__BOOTSTRAP to the listener that is meant for it",
    )


async def _meaning(
    settings: KafkaSettings, listener: Listener, error: Exception
) -> BrokerRefusedError | None:
    if isinstance(error, UnsupportedSaslMechanismError):
        offered = ", ".join(await listener.mechanisms() or ("none that it names",))
        return BrokerRefusedError(
            f"Kafka at {listener} does not offer {settings.security.mechanism}, but {offered}",
            f"Set {VARIABLE}MECHANISM to one that it offers",
        )
    if is_refusal(error):
        found = unavailable(settings.model_copy(update={"bootstrap": str(listener)}), error)
        assert isinstance(found, BrokerRefusedError), "is_refusal says so"
        return found
    about_tls = _tls_refused if settings.security.is_tls else _tls_wanted
    return await about_tls(settings, listener, error) or await _login_wanted(settings, listener)


async def _tls_wanted(settings: KafkaSettings, listener: Listener, _: Exception) -> BrokerRefusedError | None:
    """Where we speak plainly: whether this listener wants TLS."""
    if not await listener.speaks_tls():
        return None
    return BrokerRefusedError(
        f"Kafka at {listener} speaks TLS, and kafka.security.protocol is {settings.security.protocol}",
        f"Set {VARIABLE}PROTOCOL to SSL, or to SASL_SSL with a MECHANISM; and CA_FILE where its certificate "
        "is of an authority of your own",
    )


async def _tls_refused(
    settings: KafkaSettings, listener: Listener, error: Exception
) -> BrokerRefusedError | None:
    """Where we speak TLS: what it founders on."""
    tls = _tls_error(error)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return certificate_refused(str(listener), tls)
    if tls is not None and tls.reason not in NO_TLS:
        return BrokerRefusedError(
            f"Kafka at {listener} broke TLS off: {tls.reason or tls}",
            f"If it wants a certificate of ours, set {VARIABLE}CLIENT_CERTIFICATE_FILE (and CLIENT_KEY_FILE) "
            "to one that it trusts",
        )
    if not await listener.speaks_plainly():
        return None
    protocol = settings.security.protocol
    return BrokerRefusedError(
        f"Kafka at {listener} speaks no TLS, and kafka.security.protocol is {protocol}",
        f"Set {VARIABLE}PROTOCOL to {'SASL_PLAINTEXT' if settings.security.is_sasl else 'PLAINTEXT'}, "
        "or use the port of a listener with TLS",
    )


async def _login_wanted(settings: KafkaSettings, listener: Listener) -> BrokerRefusedError | None:
    """Where we come without a login: whether this listener wants one."""
    offered = None if settings.security.is_sasl else await listener.mechanisms()
    if not offered:
        return None
    return BrokerRefusedError(
        f"Kafka at {listener} wants a login (it offers {', '.join(offered)}), "
        f"and kafka.security.protocol is {settings.security.protocol}",
        f"Set {VARIABLE}PROTOCOL to {'SASL_SSL' if settings.security.is_tls else 'SASL_PLAINTEXT'}, and "
        "MECHANISM, USERNAME, PASSWORD (or PASSWORD_FILE)",
    )


def _tls_error(error: BaseException | None) -> ssl.SSLError | None:
    """The TLS error behind a failure: an alert after the handshake is the cause of a lost connection."""
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__
    return None
