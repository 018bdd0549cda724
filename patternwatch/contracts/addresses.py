"""Addresses that people write into settings: read when a process starts, so that a slip has a name there.

A host that is not there is found out when it is called; what can be no address at all is said at once.
"""

import re
from typing import Annotated, TypeAlias
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator

_PLACE = re.compile(r"(?:[^\s/@:?#\[\],]+|\[[0-9A-Fa-f:.]+\])(?::([0-9]{1,5}))?")
"""A host, or an address of IPv6 in brackets, and its port, where one is given."""


def brokers(text: str) -> str:
    """Addresses of Kafka brokers, `HOST:PORT` with commas between; raises ValueError for anything else.

    >>> brokers("kafka-1:9092, [fd00::1]:9092")
    'kafka-1:9092,[fd00::1]:9092'
    >>> brokers("http://kafka:9092")
    Traceback (most recent call last):
    ...
    ValueError: 'http://kafka:9092' is no address of a broker: write HOST:PORT, several with commas between
    """
    given = [one.strip() for one in text.split(",")]
    for one in given:
        if not _is_place(one):
            raise ValueError(
                f"{_shown(one)} is no address of a broker: write HOST:PORT, several with commas between"
            )
    return ",".join(given)


def web_address(text: str) -> str:
    """An `http(s)://` address, empty where none is meant; raises ValueError for one that cannot be called.

    >>> web_address("https://mimir.example.com/prometheus")
    'https://mimir.example.com/prometheus'
    >>> web_address("mimir:8080")
    Traceback (most recent call last):
    ...
    ValueError: 'mimir:8080' does not begin with http:// or https://
    """
    if text:
        url = _split(text)
        if url.scheme not in ("http", "https"):
            raise ValueError(f"{_shown(text)} does not begin with http:// or https://")
        if url.username is not None or url.password is not None:
            raise ValueError("the address holds credentials, which would end up in logs")
        _check_host(url, text)
    return text


def source_address(text: str) -> str:
    """`http(s)://...` in front of /api/v1, or `bundle:///FILE`; raises ValueError for anything else.

    >>> source_address("bundle:///tmp/incident.parquet")
    'bundle:///tmp/incident.parquet'
    >>> source_address("http://reader:secret@mimir:8080/prometheus")
    Traceback (most recent call last):
    ...
    ValueError: it holds credentials, which would end up in logs: take them out, and set source.username and \
source.password (or source.password_file)
    """
    url = _split(text)
    if url.scheme == "bundle" and url.path and not url.netloc:
        return text
    if url.scheme not in ("http", "https"):
        raise ValueError(
            f"{_shown(text)} is no source of series: use http://HOST:PORT (Prometheus), "
            "http://HOST:PORT/prometheus (Cortex) or bundle:///FILE"
        )
    if url.username is not None or url.password is not None:
        raise ValueError(
            "it holds credentials, which would end up in logs: take them out, and set source.username and "
            "source.password (or source.password_file)"
        )
    _check_host(url, text)
    if url.query or url.fragment:
        raise ValueError(
            f"{_shown(text)} goes on after its path: give what stands in front of /api/v1, and what a proxy "
            "wants to know as source.headers"
        )
    return text


def check_proxy(text: str) -> None:
    """Raises ValueError for what is no address of a proxy; credentials may stand in it, so it is not said.

    >>> check_proxy("http://us:secret@proxy:3128")
    >>> check_proxy("proxy:3128")
    Traceback (most recent call last):
    ...
    ValueError: proxy_url must begin with http:// or https:// and name a host
    """
    try:
        url = urlsplit(text)
    except ValueError:
        url = urlsplit("")
    if url.scheme not in ("http", "https") or not _is_place(url.netloc.rpartition("@")[2]):
        raise ValueError("proxy_url must begin with http:// or https:// and name a host")


def _shown(text: str) -> str:
    """An address in an error, without what may be a password."""
    return repr(re.sub(r"[^/,\s]*@", "...@", text))


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError:
        raise ValueError(f"{_shown(text)} is no address") from None  # whose words repeat it


def _check_host(url: SplitResult, text: str) -> None:
    """Raises ValueError where the address names no host, or one with a port that there cannot be."""
    if not _is_place(url.netloc.rpartition("@")[2]) or re.search(r"\s", text):
        raise ValueError(f"{_shown(text)} names no host that can be called: write {url.scheme}://HOST:PORT")


def _is_place(text: str) -> bool:
    found = _PLACE.fullmatch(text)
    return found is not None and 0 < int(found[1] or 1) <= 65535


Brokers: TypeAlias = Annotated[str, AfterValidator(brokers)]
WebAddress: TypeAlias = Annotated[str, AfterValidator(web_address)]
SourceAddress: TypeAlias = Annotated[str, AfterValidator(source_address)]
