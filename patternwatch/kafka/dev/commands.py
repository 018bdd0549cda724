"""`patternwatch kafka start|stop|status`: the development broker, across processes."""

from pathlib import Path

from patternwatch.kafka.dev.server import DevKafka, KafkaState

__all__ = ["DevKafka", "KafkaState", "start", "status", "stop"]


def start(folder: Path, port: int = 0) -> KafkaState:
    """Start the broker of this folder (a no-op where it runs) and return when it answers.

    Raises MissingProgramError without Java or Maven and BrokerUnavailableError where it does not start.
    """
    return DevKafka(folder, port).start()


def stop(folder: Path) -> bool:
    """Stop the broker of this folder; False where none ran."""
    return DevKafka(folder).stop()


def status(folder: Path) -> KafkaState | None:
    """The running broker of this folder, or None."""
    return DevKafka(folder).running()
