"""The jars of Apache Kafka: Maven copies them once from the pom in deploy/kafka, then they stay."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import structlog

from patternwatch.contracts.errors import BrokerUnavailableError, MissingProgramError

log = structlog.get_logger()

DOCKER_WAY = "Or run Kafka by `docker run -p 9092:9092 apache/kafka:4.1.1` and use 127.0.0.1:9092"
POM = Path(__file__).parents[2] / "deploy" / "kafka" / "pom.xml"


def program(name: str, package: str) -> str:
    """The full path of a program; raises MissingProgramError with what to install."""
    found = shutil.which(name)
    if found is None:
        raise MissingProgramError(
            f"The development Kafka needs `{name}`, which is not on the PATH",
            f"Install {package}. {DOCKER_WAY}",
        )
    return found


def kafka_jars(pom: Path = POM, folder: Path | None = None) -> Path:
    """The folder that holds Kafka and all it depends on, filled by Maven on the first call.

    Later calls with the same pom start no program. Raises MissingProgramError without Maven or
    without the pom (it comes with the source checkout), BrokerUnavailableError where Maven fails.
    """
    if not pom.is_file():
        raise MissingProgramError(
            f"The development Kafka needs {pom.name} of deploy/kafka, which is not installed here",
            f"Run from a checkout of the source. {DOCKER_WAY}",
        )
    folder = folder or pom.parent / "target" / "jars"
    mark = folder / "complete"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == digest:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    log.info("kafka.jars.fetching", pom=str(pom), folder=str(folder))
    done = subprocess.run(
        [
            program("mvn", "Apache Maven (Debian: maven)"),
            *("-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-Djars.folder={folder}"),
        ],
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
    mark.write_text(digest)
    return folder
