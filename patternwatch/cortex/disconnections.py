"""What it means that an answer did not come, or broke off: which error of ours it is, and what helps."""

import httpx

from patternwatch.contracts.errors import (
    SourceError,
    SourceRefusedError,
    SourceSlowError,
    SourceUnavailableError,
)
from patternwatch.cortex.refusal_words import quoted

_NOT_HTTP = ("bad status line", "expected http/", "badhttpmessage", "badstatusline", "illegal request line")
_NO_TLS = ("wrong_version_number", "record layer failure", "unknown protocol", "alert_protocol_version")
_WANTS_OURS = (
    "certificate_required",
    "alert certificate required",
    "alert bad certificate",
    "alert unknown ca",
    "alert certificate",
    "alert handshake failure",
)
"""TLS alerts that a server sends about our certificate, or for want of one (RFC 8446, 6.2)."""
_EXPIRED = ("certificate has expired", "certificate is not yet valid")
_OTHER_NAME = ("hostname mismatch", "is not valid for", "doesn't match")
_NO_NAME = (
    "name or service not known",
    "name resolution",
    "nodename nor servname",
    "no address associated",
    "getaddrinfo failed",
)


def disconnection(url: str, error: httpx.HTTPError | TimeoutError) -> SourceError:
    """The error for an answer that did not come, or broke off."""
    if isinstance(error, httpx.ConnectTimeout):  # packets are dropped: nobody is there who is slow
        return SourceUnavailableError(
            f"{url} cannot be reached (no connection in time)",
            "Check source.url, that the server runs, and what firewalls and network policies let through",
        )
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return SourceSlowError(
            f"{url} did not answer in time", "Raise source.timeout_s, or narrow the selector"
        )
    if isinstance(error, httpx.DecodingError):
        return SourceUnavailableError(
            f"{url} sent a body that cannot be decompressed ({error})", "Check what lies between"
        )
    said = " ".join((str(error) or type(error).__name__).split())
    return _of_tls(url, said) or _of_another_kind(url, said)


def _of_tls(url: str, said: str) -> SourceError | None:
    """The error where the two cannot agree on a connection that both trust.

    >>> _of_tls("https://x", "[SSL: ...] certificate verify failed: certificate has expired").remedy
    "Renew the server's certificate"
    """
    if _holds(said, _WANTS_OURS):
        return SourceRefusedError(
            f"{url} wants a certificate of ours, or another one ({quoted(said)})",
            "Give it by source.client_certificate_file and source.client_key_file (mutual TLS)",
        )
    if "certificate" in said.lower():
        helps = "Give the authority's certificate by source.ca_file"
        if _holds(said, _EXPIRED):
            helps = "Renew the server's certificate"
        elif _holds(said, _OTHER_NAME):
            helps = "Give source.url by a name that stands in the server's certificate"
        return SourceRefusedError(f"{url} is not trusted ({said})", helps)
    if _holds(said, _NO_TLS):
        return SourceRefusedError(
            f"{url} does not speak TLS ({quoted(said)})",
            "Give source.url with http://, or the port of HTTPS",
        )
    return None


def _of_another_kind(url: str, said: str) -> SourceError:
    if _holds(said, _NOT_HTTP):
        return SourceRefusedError(
            f"{url} does not speak HTTP/1.1",
            "This looks like a gRPC port: give the port of HTTP (http_listen_port of Cortex and Mimir, "
            "10902 of Thanos), or https:// where the port wants TLS",
        )
    helps = "Check source.url and that the server runs"
    if _holds(said, _NO_NAME):
        helps = "The name is not known here: check the host in source.url, and the DNS of this machine"
    return SourceUnavailableError(f"{url} cannot be reached ({said})", helps)


def _holds(said: str, words: tuple[str, ...]) -> bool:
    lower = said.lower()
    return any(each in lower for each in words)
