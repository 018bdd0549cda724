"""ONNX Runtime, told before it is loaded that it sends nothing to its makers.

Its builds for Linux have a device id, keep events in the user's cache and upload them; what it offers to turn
that off in a program (`disable_telemetry_events`) comes too late for the id. Import it from here only.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

__all__ = ["ort"]
