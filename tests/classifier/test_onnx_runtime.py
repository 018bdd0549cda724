"""ONNX Runtime keeps nothing about this machine, and is loaded in one place only."""

import os
import re
import subprocess
import sys
from pathlib import Path

import patternwatch

PACKAGE = Path(patternwatch.__file__).parent


def test_nothing_is_kept_to_be_sent(tmp_path: Path) -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("ORT_", "XDG_"))}
    load = "import patternwatch.classifier.shape_model as m; assert m.ort.SessionOptions()"
    subprocess.run(
        [sys.executable, "-c", load], env=environment | {"HOME": str(tmp_path)}, check=True, timeout=120
    )
    assert list(tmp_path.rglob("*onnx*")) == []


def test_it_is_loaded_in_one_place_only() -> None:
    loads = re.compile(r"^\s*(import|from) onnxruntime\b(?!\.quantization)", re.MULTILINE)
    found = [p.name for p in PACKAGE.rglob("*.py") if loads.search(p.read_text())]
    assert found == ["onnx_runtime.py"]
