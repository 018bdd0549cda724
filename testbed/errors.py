"""Errors of the testbed.

TestbedError
 ├── MissingProgramError  a server or exporter is not installed
 ├── StartError           a process of the stack did not become ready
 ├── JournalError         the journal of a recording cannot be used
 ├── ExportError          a recorded window cannot be made into a bundle
 └── UnsupportedMachineError  the machine lacks root, control groups or namespaces
"""

from __future__ import annotations


class TestbedError(Exception):
    """Whatever the testbed can say about its own failure."""

    __test__ = False


class MissingProgramError(TestbedError):
    """A server or exporter is not installed; the message names the Debian package."""


class StartError(TestbedError):
    """A process of the stack ended early or was not ready before its deadline."""


class ExportError(TestbedError):
    """A recorded window cannot be made into a bundle, or a folder of bundles has no place for its table."""


class JournalError(TestbedError):
    """The journal of a recording is absent, malformed or lacks what is asked for."""


class UnsupportedMachineError(TestbedError):
    """The machine lacks what the Kubernetes testbed needs: root, control groups, namespaces."""
