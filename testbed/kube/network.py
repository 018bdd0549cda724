"""Networks of pods: a network namespace each, held by a sleeping process, on one bridge.

All lies inside of the network namespace that the stack itself runs in.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from testbed.errors import StartError

BRIDGE = "cbr0"
GATEWAY = "10.42.0.1"
CLUSTER_DNS = "10.42.0.10"
NOBODY = "02:00:00:00:00:01"
"""A hardware address that no pod has: what is sent to it is lost in silence."""


async def ip_batch(*lines: str, netns_of: int = 0) -> None:
    """Run lines of ip(8), inside of the network of a process where one is given.

    Raises:
        StartError: ip refused a line.
    """
    inside = ("nsenter", f"--net=/proc/{netns_of}/ns/net") if netns_of else ()
    process = await asyncio.create_subprocess_exec(
        *inside,
        *("ip", "-batch", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate("\n".join(lines).encode())
    if process.returncode != 0:
        raise StartError(f"ip could not do {lines}: {said.decode().strip()}")


async def make_bridge(addresses: list[str]) -> None:
    """The bridge with the gateway's and the nodes' addresses."""
    await ip_batch(
        "link set lo up",
        f"link add {BRIDGE} type bridge",
        *(f"addr add {address}/16 dev {BRIDGE}" for address in (GATEWAY, *addresses)),
        f"link set {BRIDGE} up",
    )


@dataclass
class PodNetwork:
    """The network of one pod; it lives as long as its holder."""

    ip: str
    device: str
    holder: asyncio.subprocess.Process

    @classmethod
    async def make(cls, ip: str, number: int, also: str = "") -> PodNetwork:
        """A namespace with eth0 on the bridge; ``also`` is one more address of it."""
        holder = await asyncio.create_subprocess_exec("unshare", "--net", "sleep", "infinity")
        network = cls(ip, f"veth{number}", holder)
        await network._wait_for_namespace()
        await ip_batch(
            f"link add {network.device} type veth peer name eth0 netns {holder.pid}",
            f"link set {network.device} master {BRIDGE} up",
        )
        more = [f"addr add {also}/16 dev eth0"] if also else []
        await ip_batch(
            "link set lo up",
            f"addr add {ip}/16 dev eth0",
            *more,
            "link set eth0 up",
            netns_of=holder.pid,
        )
        return network

    async def _wait_for_namespace(self) -> None:
        """Until the holder has left our namespace and sleeps."""
        for _ in range(200):
            process = await asyncio.create_subprocess_exec(
                "readlink",
                f"/proc/{self.holder.pid}/ns/net",
                "/proc/self/ns/net",
                stdout=asyncio.subprocess.PIPE,
            )
            theirs, _, ours = (await process.communicate())[0].decode().partition("\n")
            if theirs and theirs != ours.strip():
                return
            await asyncio.sleep(0.02)
        raise StartError(f"no network namespace came up for {self.ip}")

    async def switch(self, up: bool) -> None:
        """Plug the pod's cable in or out."""
        await ip_batch(f"link set {self.device} {'up' if up else 'down'}")

    async def lose(self, addresses: list[str]) -> None:
        """Lose in silence whatever this pod sends to these addresses, from now on."""
        lines = [f"neigh replace {ip} lladdr {NOBODY} dev eth0 nud permanent" for ip in addresses]
        await ip_batch(*lines, netns_of=self.holder.pid)

    async def find(self, addresses: list[str]) -> None:
        """Reach these addresses again."""
        await ip_batch(*(f"neigh del {ip} dev eth0" for ip in addresses), netns_of=self.holder.pid)

    def entry(self) -> list[str]:
        """The command that runs another one inside of the namespace."""
        return ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", "--"]

    async def remove(self) -> None:
        """End the holder; the kernel takes namespace and device away."""
        if self.holder.returncode is None:
            self.holder.kill()
            await self.holder.wait()


async def tc(*words: str) -> None:
    """Shape the traffic of a device; raises StartError where the kernel refuses."""
    process = await asyncio.create_subprocess_exec("tc", *words, stderr=asyncio.subprocess.PIPE)
    _, said = await process.communicate()
    if process.returncode != 0:
        raise StartError(f"tc could not do {' '.join(words)}: {said.decode().strip()}")
