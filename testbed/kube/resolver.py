"""A DNS question for the addresses of a Service, asked over UDP (RFC 1035), without a cache."""

from __future__ import annotations

import asyncio
import random
import struct

A_RECORD = b"\x00\x01\x00\x01"
ATTEMPTS = 2
TIMEOUT_S = 2.5


class ResolveError(OSError):
    """A name has no address, or nobody answered."""


def question(number: int, name: str) -> bytes:
    """A query for the A records of a name."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + b"\x00" + A_RECORD


def asked_name(packet: bytes) -> str:
    """The name in a query.

    >>> asked_name(question(7, "cart.shop"))
    'cart.shop'
    """
    parts, place = [], 12
    while packet[place]:
        parts.append(packet[place + 1 : place + 1 + packet[place]].decode())
        place += 1 + packet[place]
    return ".".join(parts)


def answer(query: bytes, addresses: list[str], ttl: int = 5) -> bytes:
    """The answer to a query; NXDOMAIN where there is no address."""
    code = 0x8180 if addresses else 0x8183
    head = query[:2] + struct.pack(">HHHHH", code, 1, len(addresses), 0, 0)
    record = b"\xc0\x0c" + A_RECORD + struct.pack(">IH", ttl, 4)
    return head + query[12:] + b"".join(record + bytes(map(int, ip.split("."))) for ip in addresses)


def addresses(packet: bytes) -> list[str]:
    """The addresses in an answer.

    >>> addresses(answer(question(7, "cart.shop"), ["10.42.1.5", "10.42.2.5"]))
    ['10.42.1.5', '10.42.2.5']
    """
    count = struct.unpack(">H", packet[6:8])[0]
    return [".".join(map(str, packet[len(packet) - 16 * n + 12 :][:4])) for n in range(count, 0, -1)]


class _Waiting(asyncio.DatagramProtocol):
    def __init__(self, answered: asyncio.Future[bytes]) -> None:
        self._answered = answered

    def datagram_received(self, data: bytes, _: object) -> None:
        if not self._answered.done():
            self._answered.set_result(data)

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)


async def resolve(server: str, name: str) -> list[str]:
    """All addresses of a Service's ready pods, by as many attempts as resolv.conf's default.

    Raises:
        ResolveError: NXDOMAIN, or no answer in time.
    """
    loop = asyncio.get_running_loop()
    for _ in range(ATTEMPTS):
        answered: asyncio.Future[bytes] = loop.create_future()
        transport, _protocol = await loop.create_datagram_endpoint(
            lambda future=answered: _Waiting(future),  # type: ignore[misc]
            remote_addr=(server, 53),
        )
        try:
            transport.sendto(question(random.getrandbits(16), name))
            found = addresses(await asyncio.wait_for(answered, TIMEOUT_S))
        except (TimeoutError, OSError):
            continue
        finally:
            transport.close()
        if not found:
            raise ResolveError(f"{name} has no address: no pod is ready")
        return found
    raise ResolveError(f"no answer for {name} from {server}")
