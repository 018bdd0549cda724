"""The jars of Apache Kafka: Maven copies them once, by the pom beside this file, into the user's cache."""

import hashlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import structlog
from platformdirs import user_cache_path

from patternwatch.contracts.errors import BrokerUnavailableError, MissingProgramError

log = structlog.get_logger()

POM = Path(__file__).parent / "pom.xml"


def kafka_version(pom: Path = POM) -> str:
    """The version of Apache Kafka that this pom names, which everything else follows."""
    found = re.search(r"<kafka\.version>([^<]+)<", pom.read_text())
    assert found is not None, f"{pom} names no kafka.version"
    return found[1]


DOCKER_WAY = (
    f"Or run Kafka by `docker run -p 9092:9092 apache/kafka:{kafka_version()}` and use 127.0.0.1:9092"
)


def program(name: str, package: str) -> str:
    """The full path of a program; raises MissingProgramError with what to install."""
    found = shutil.which(name)
    if found is None:
        raise MissingProgramError(
            f"The development Kafka needs `{name}`, which is not on the PATH",
            f"Install {package}. {DOCKER_WAY}",
        )
    return found


def kafka_jars(pom: Path = POM, cache: Path | None = None) -> Path:
    """The folder that holds Kafka and all it depends on, filled by Maven on the first call.

    Later calls with the same pom start no program; two first calls at once do no harm. Raises
    MissingProgramError without Maven, BrokerUnavailableError where Maven fails.
    """
    cache = cache or user_cache_path("patternwatch")
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()[:12]
    folder = cache / f"kafka-{kafka_version(pom)}-{digest}"
    if folder.is_dir():
        return folder
    maven = program("mvn", "Apache Maven (Debian: maven)")
    cache.mkdir(parents=True, exist_ok=True)
    log.info("kafka.jars.fetching", pom=str(pom), folder=str(folder))
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as fetched:
        jars = Path(fetched) / "jars"
        _copy_dependencies(maven, pom, jars)
        try:
            jars.rename(folder)
        except OSError:
            if not folder.is_dir():  # else somebody else was first
                raise
    return folder


def _copy_dependencies(maven: str, pom: Path, jars: Path) -> None:
    done = subprocess.run(
        [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-Djars.folder={jars}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        raise BrokerUnavailableError(
            f"Maven could not fetch Kafka's jars: {said[0] if said else 'no message'}",
            f"Check the connection to Maven Central and its mirror in ~/.m2/settings.xml. {DOCKER_WAY}",
        )
