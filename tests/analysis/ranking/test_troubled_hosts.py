"""A hypervisor that loses power: it comes before each of the machines on it."""

import numpy as np
import pytest

from patternwatch.contracts.codec import encode
from patternwatch.contracts.report import Report
from tests.analysis.incidents import ROWS
from tests.analysis.lifecycle.worlds import ROW, World


def machines_on(*hosts: int, host_is_off: bool = True, shards: int = 1) -> Report:
    """Two hosts with three machines each; those with these numbers fail, with their exporters."""
    world = World()
    world.services(6)
    since = np.arange(ROWS) >= ROW
    vcenter = {"job": "vmware", "instance": "vcenter:9272"}
    for n in (1, 2):
        own = {"host_name": f"esx-{n}", **vcenter}
        is_off = host_is_off and n == 1
        world.add("vmware_host_power_state", np.where(since & is_off, 0.0, 1.0), **own)
        world.add("vmware_host_cpu_usage", 2e4 + 500 * world.rng.normal(size=ROWS), **own)
    for number in range(6):
        name, host = f"vm-{number}", 1 + number % 2
        off = np.where(since & (number in hosts), 0.0, 1.0)
        own = {"vm_name": name, "host_name": f"esx-{host}", **vcenter}
        world.add("vmware_vm_power_state", off, **own)
        world.add("vmware_vm_cpu_usage_average", 900.0 * off + 9 * world.rng.normal(size=ROWS), **own)
        world.add("up", off, job="node-exporter", instance=f"{name}:9100")
    return world.report(shards)


def test_a_host_that_is_off_comes_before_its_machines() -> None:
    report = machines_on(0, 2, 4)
    assert report.entities[0].entity == "esx-1"
    assert (report.entities[0].kind, sorted(report.entities[0].through)) == ("host", ["vm-0", "vm-2", "vm-4"])
    assert "vm-4, vm-0 and vm-2 on it" in report.verdict
    assert encode(machines_on(0, 2, 4, shards=4)) == encode(report)


@pytest.mark.parametrize("off", [(0, 2, 4), (1, 3)])
def test_one_that_is_on_is_not_blamed(off: tuple[int, ...]) -> None:
    assert machines_on(*off, host_is_off=False).entities[0].entity.startswith("vm-")


def test_it_is_not_blamed_for_machines_of_other_hosts() -> None:
    assert not any(e.through for e in machines_on(0, 1, 3, 5).entities)
