"""The development broker: real, clean, and clear about what it lacks."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from patternwatch.contracts.errors import BrokerUnavailableError, MissingProgramError
from patternwatch.kafka.dev import commands as kafka_dev
from patternwatch.kafka.dev.commands import DevKafka
from patternwatch.kafka.dev.jars import POM, kafka_jars
from patternwatch.kafka.probe import broker_answers
from tests.support import free_port, require_program


def test_whoever_asks_finds_the_broker_of_a_folder(kafka: DevKafka) -> None:
    state = kafka_dev.status(kafka.folder)
    assert state is not None
    assert broker_answers(state.bootstrap)
    assert kafka_dev.start(kafka.folder) == state, "a second start is a no-op"
    assert DevKafka(kafka.folder).bootstrap == state.bootstrap


def test_what_one_process_started_another_stops(tmp_path: Path) -> None:
    folder = tmp_path / r"Müller, H\data"
    require_program("java")
    require_program("mvn")
    starter = "import sys; from pathlib import Path; from patternwatch.kafka.dev import commands;"
    command = [sys.executable, "-c", starter + "commands.start(Path(sys.argv[1]))", str(folder)]
    subprocess.run(command, check=True)
    assert kafka_dev.status(folder) is not None
    assert (folder / "data" / "meta.properties").is_file()
    assert list(tmp_path.iterdir()) == [folder]
    assert kafka_dev.stop(folder)
    assert kafka_dev.status(folder) is None
    assert not kafka_dev.stop(folder)
    with pytest.raises(BrokerUnavailableError, match="No Kafka runs"):
        _ = DevKafka(folder).bootstrap


def test_a_process_that_got_the_broker_s_number_is_not_ours(tmp_path: Path) -> None:
    (tmp_path / "kafka.json").write_text(f'{{"pid": {os.getpid()}, "port": 1, "controller_port": 2}}')
    assert kafka_dev.status(tmp_path) is None
    (tmp_path / "kafka.json").write_text("torn")
    assert kafka_dev.status(tmp_path) is None


def test_without_java_or_maven_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingProgramError, match=r"needs `java`.*docker run -p 9092:9092"):
        kafka_dev.start(tmp_path / "kafka")
    with pytest.raises(MissingProgramError, match=r"needs `mvn`.*docker run"):
        kafka_jars(POM, tmp_path / "jars")


def test_where_maven_fails_the_error_has_maven_s_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maven = tmp_path / "mvn"
    maven.write_text("#!/bin/sh\necho '[ERROR] no route to host'\nexit 1\n")
    maven.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(BrokerUnavailableError, match=r"Maven could not fetch.*no route to host"):
        kafka_jars(POM, tmp_path / "jars")


def test_a_port_that_is_taken_is_an_error(tmp_path: Path) -> None:
    require_program("java")
    require_program("mvn")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BrokerUnavailableError, match=f"Port {port} is taken"):
            kafka_dev.start(tmp_path, port)


def test_a_broker_that_cannot_start_is_an_error_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_program("mvn")
    kafka_jars()
    java = tmp_path / "java"
    java.write_text("#!/bin/sh\necho java.lang.OutOfMemoryError\nexit 3\n")
    java.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(BrokerUnavailableError, match="could not be formatted: java.lang.OutOfMemoryError"):
        kafka_dev.start(tmp_path / "kafka")
    (tmp_path / "kafka" / "data").mkdir()
    (tmp_path / "kafka" / "data" / "meta.properties").touch()
    with pytest.raises(BrokerUnavailableError, match="ended with code 3: java.lang.OutOfMemoryError"):
        kafka_dev.start(tmp_path / "kafka")
    java.write_text("#!/bin/sh\necho UnsupportedClassVersionError\nexit 1\n")
    with pytest.raises(MissingProgramError, match="Java 17"):
        kafka_dev.start(tmp_path / "kafka")


def test_nobody_answers_at_a_closed_port() -> None:
    assert not broker_answers(f"127.0.0.1:{free_port()}", timeout_s=2)
