"""Resident memory of a process, as Linux tells it (proc(5): status, clear_refs)."""

from pathlib import Path


def status_bytes(pid: int | str, field: str) -> int:
    """One of the sizes in /proc/PID/status, such as VmRSS or VmHWM; exits where there is none."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"this system does not tell {field}")


def forget_highest(pid: int | str) -> None:
    """Let VmHWM begin anew at what is held now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
