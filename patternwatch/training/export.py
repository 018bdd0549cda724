"""From the trained network to the artifact that is served: one ONNX file with its metadata."""

import hashlib
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import structlog
import torch
from torch import Tensor, nn

from patternwatch.classifier.features import BASELINE_CHANNELS, CHANNELS, INPUT_SHAPES, SCALES, Inputs
from patternwatch.classifier.onnx_runtime import ort
from patternwatch.classifier.shape_model import FORMAT, GRAPH_FILE, METADATA_FILE, OUTPUTS
from patternwatch.contracts.errors import ModelError
from patternwatch.contracts.patterns import PATTERNS
from patternwatch.training.net import Ensemble
from patternwatch.training.quantization import agreement, quantize

NAME = "shapes-2"
OPSET = 18
FULL_PRECISION = "fp32"
"""Folder, beside the served graph, of the float32 one that it was made from."""
CLOSE = 1e-4
"""By so much a probability may differ between torch and ONNX Runtime."""

log = structlog.get_logger()


class _Served(nn.Module):
    """The networks with their temperature, from inputs to probabilities and embedding."""

    def __init__(self, net: Ensemble, temperature: float) -> None:
        super().__init__()
        self.net = net
        self.temperature = temperature

    def forward(self, series: Tensor, baseline: Tensor, scales: Tensor) -> tuple[Tensor, Tensor]:
        """Probabilities (N, 15) and embedding (N, E)."""
        embedding = self.net.embed(series, baseline, scales)
        return torch.softmax(self.net.logits(embedding) / self.temperature, dim=1), embedding


def export(
    net: Ensemble,
    temperature: float,
    folder: Path,
    proof: Inputs,
    calibration: Inputs,
    details: dict[str, Any],
) -> str:
    """Write the graph that is served (8 bits) into `folder`, and the one it was made from into `folder`/fp32.

    `proof` is run through torch and through ONNX Runtime: in float32 every winner must be the same and no
    probability or embedding may differ by more than CLOSE, in 8 bits nearly all winners, else ModelError.
    `calibration` gives the ranges of 8 bits. `details` goes into the metadata. Returns the SHA-256 of what
    is served.
    """
    served = _Served(net, temperature).eval()
    graph = graph_of(net, temperature)
    worst, embedded = _difference(served, graph, proof)
    int8_graph = quantize(graph, calibration)
    agreed = agreement(graph, int8_graph, proof)
    facts = {
        "format": FORMAT,
        "name": NAME,
        "patterns": [p.value for p in PATTERNS],
        "inputs": INPUT_SHAPES,
        "outputs": dict(zip(OUTPUTS, ((len(PATTERNS),), (embedded,)), strict=True)),
        "channels": CHANNELS,
        "baseline_channels": BASELINE_CHANNELS,
        "scales": SCALES,
        "layers": _layers(served),
        "opset": OPSET,
        "versions": {"torch": torch.__version__, "onnx": onnx.__version__, "onnxruntime": ort.__version__},
        "temperature": temperature,
        "checked": {"windows": len(proof), "largest_difference": worst, "int8_agreement": agreed},
        **details,
    }
    _write(folder / FULL_PRECISION, graph, facts | {"precision": "float32"})
    return _write(folder, int8_graph, facts | {"precision": "int8"})


def _write(folder: Path, graph: bytes, facts: dict[str, Any]) -> str:
    digest = hashlib.sha256(graph).hexdigest()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / GRAPH_FILE).write_bytes(graph)
    (folder / METADATA_FILE).write_text(json.dumps({**facts, "sha256": digest}, indent=2) + "\n")
    log.info("model.exported", folder=str(folder), bytes=len(graph), sha256=digest[:12])
    return digest


def _layers(served: nn.Module) -> list[tuple[int, int, int]]:
    """Each layer as the matrix product that it is for one window: (rows, inner, columns)."""
    found: list[tuple[int, int, int]] = []

    def note(layer: nn.Module, _inputs: Any, output: Tensor) -> None:
        weight = layer.weight
        assert isinstance(weight, Tensor)
        found.append((output[0].numel() // len(weight), weight[0].numel(), len(weight)))

    hooks = [
        layer.register_forward_hook(note)
        for layer in served.modules()
        if isinstance(layer, nn.Conv1d | nn.Linear)
    ]
    with torch.no_grad():
        served(*(torch.zeros(1, *shape) for shape in INPUT_SHAPES.values()))
    for hook in hooks:
        hook.remove()
    return found


def graph_of(net: Ensemble, temperature: float = 1.0) -> bytes:
    """The network with its temperature as a float32 ONNX graph."""
    served = _Served(net, temperature).eval()
    example = tuple(torch.zeros(2, *shape) for shape in INPUT_SHAPES.values())
    batch = torch.export.Dim("batch", min=1)
    for noisy in ("onnxscript", "onnx_ir", "torch.onnx"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            served,
            example,
            input_names=list(INPUT_SHAPES),
            output_names=list(OUTPUTS),
            opset_version=OPSET,
            dynamic_shapes=tuple({0: batch} for _ in INPUT_SHAPES),
            dynamo=True,
            verbose=False,
        )
    if program is None:
        raise ModelError("The network could not be exported", "Look at the log of torch.onnx")
    proto = program.model_proto
    for node in proto.graph.node:  # source paths of the machine it was made on
        del node.metadata_props[:]
        node.doc_string = ""
    del proto.metadata_props[:]
    del proto.graph.metadata_props[:]
    for value in [*proto.graph.value_info, *proto.graph.input, *proto.graph.output, *proto.graph.initializer]:
        del value.metadata_props[:]
    onnx.checker.check_model(proto)
    return bytes(proto.SerializeToString(deterministic=True))


def _difference(served: nn.Module, graph: bytes, proof: Inputs) -> tuple[float, int]:
    """The largest difference between torch and ONNX Runtime, and the width of the embedding."""
    session = ort.InferenceSession(graph, providers=["CPUExecutionProvider"])
    ours: list[npt.NDArray[np.float32]] = session.run(list(OUTPUTS), proof.as_feed())
    with torch.no_grad():
        theirs = [each.numpy() for each in served(*(torch.from_numpy(a) for a in proof.as_feed().values()))]
    worst = max(
        float((np.abs(a - b) / np.maximum(np.abs(b), 1)).max()) for a, b in zip(ours, theirs, strict=True)
    )
    if worst > CLOSE or not np.array_equal(ours[0].argmax(axis=1), theirs[0].argmax(axis=1)):
        raise ModelError(
            f"The exported graph answers differently from the network (by up to {worst:.2g})",
            "Do not ship it: compare opset and versions with the ones in the last model's metadata",
        )
    return worst, ours[1].shape[1]
