"""What each program of a container runs, as an image's entry point would."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

from testbed.errors import StartError
from testbed.programs import find_program

DATABASE_USER = "postgres"
REDIS_MEGABYTES = 20
SOURCES = Path(__file__).parents[2]
SCHEMA = """
CREATE TABLE products (
    id int PRIMARY KEY, name text NOT NULL, category int NOT NULL, price_cents int NOT NULL);
CREATE INDEX products_by_category ON products (category);
CREATE TABLE stock (product int PRIMARY KEY REFERENCES products, quantity int NOT NULL);
CREATE TABLE orders (
    id bigserial PRIMARY KEY, customer text NOT NULL, total_cents bigint NOT NULL,
    state text NOT NULL, invoice text NOT NULL, placed_at timestamptz NOT NULL DEFAULT now());
INSERT INTO products SELECT n, 'product ' || n, n % 40, 100 + n % 900 FROM generate_series(0, 1199) AS n;
INSERT INTO stock SELECT id, 5000 FROM products;
ANALYZE;
"""
POSTGRES_SETTINGS = {
    "shared_buffers": "24MB",
    "max_connections": "40",
    "work_mem": "1MB",
    "max_wal_size": "24MB",
    "min_wal_size": "8MB",
    "checkpoint_timeout": "60s",
    "autovacuum_naptime": "20s",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "log_min_messages": "warning",
}


def entry_point(program: str, ip: str, workload: str, volume: Path | None) -> list[str]:
    """The command of a container.

    Raises:
        StartError: There is no such program.
        MissingProgramError: The machine lacks it.
    """
    if program in ("shop", "dns", "batch"):
        return [sys.executable, "-m", f"testbed.kube.pods.{program}"]
    if program == "media":
        return [
            find_program("node"),
            "--max-old-space-size=96",
            str(Path(__file__).parent / "pods/media.mjs"),
        ]
    if program == "redis":
        policy = "allkeys-lru" if workload == "redis" else "noeviction"
        limits = ["--maxmemory", f"{REDIS_MEGABYTES}mb", "--maxmemory-policy", policy]
        no_disk = ["--save", "", "--appendonly", "no", "--protected-mode", "no", "--dir", "/tmp"]
        return [find_program("redis-server"), "--bind", ip, "--port", "6379", *no_disk, *limits]
    if program == "redis-exporter":
        where = [f"-redis.addr=redis://{ip}:6379", f"-web.listen-address={ip}:9121"]
        return [find_program("prometheus-redis-exporter"), *where]
    if program == "postgres" and volume is not None:
        settings = POSTGRES_SETTINGS | {"listen_addresses": ip, "unix_socket_directories": str(volume)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [*_as_database_user(), find_program("postgres"), "-D", str(volume / "data"), *options]
    if program == "postgres-exporter":
        source = f"DATA_SOURCE_NAME=postgresql://postgres@{ip}:5432/shop?sslmode=disable"
        exporter = [find_program("prometheus-postgres-exporter"), "--disable-settings-metrics"]
        return [shutil.which("env") or "/usr/bin/env", source, *exporter, f"--web.listen-address={ip}:9187"]
    raise StartError(f"no program {program!r} for a container of {workload}")


def environment() -> dict[str, str]:
    """What every container's process finds besides its identity."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(SOURCES),
        "LC_ALL": "C",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def make_volume(folder: Path, size_mib: int) -> Path:
    """A file system of its own for a replica, so that it can be full; with a database in it.

    Raises:
        StartError: mkfs, mount or initdb failed.
    """
    image = folder.with_suffix(".img")
    folder.mkdir(parents=True, exist_ok=True)
    if not image.exists():
        with image.open("wb") as made:
            made.truncate(size_mib << 20)
        _run("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", str(image))
        _run("mount", "-o", "loop", str(image), str(folder))
        shutil.chown(folder, DATABASE_USER, DATABASE_USER)
        locale = ("-E", "UTF8", "--locale=C", "--no-sync", "--wal-segsize=1")
        initdb = (find_program("initdb"), "-D", str(folder / "data"), "-U", "postgres", "-A", "trust")
        _run(*_as_database_user(), *initdb, *locale)
        (folder / "data" / "pg_hba.conf").write_text("local all all trust\nhost all all 0.0.0.0/0 trust\n")
    return folder


def _as_database_user() -> list[str]:
    user = pwd.getpwnam(DATABASE_USER)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return [find_program("setpriv"), *ids]


def _run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, cwd="/", check=False)
    if done.returncode != 0:
        raise StartError(f"{argv[0]} failed: {done.stderr.strip()}")
