"""Static quantization of the network to 8-bit integers; `agreement` measures what it costs."""

import logging
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx

from patternwatch.classifier.onnx_runtime import ort

# isort: split
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static

from patternwatch.classifier.features import Inputs
from patternwatch.contracts.errors import ModelError

MIN_AGREEMENT = 0.95
"""Part of the windows that both precisions must name alike. The others are those nearly undecided."""
_STEP = 32


class _Calibration(CalibrationDataReader):  # type: ignore[misc] # onnxruntime has no types
    """Feeds the windows from whose activations the ranges are taken."""

    def __init__(self, inputs: Inputs) -> None:
        feeds = (inputs.rows(k, k + _STEP).as_feed() for k in range(0, len(inputs), _STEP))
        self._feeds = iter(feeds)

    def get_next(self) -> Any:
        return next(self._feeds, None)


def quantize(graph: bytes, calibration: Inputs) -> bytes:
    """The float32 graph statically quantised, weights by channel; the layers at both ends stay as they are.

    The inputs mix channels of different ranges, and the logits are small differences: neither bears 8 bits.
    CPUs without 8-bit dot products (x86 before AVX-512 VNNI) may saturate: serve the float32 graph there.
    """
    proto = onnx.load_from_string(graph)
    inputs = {each.name for each in proto.graph.input}
    first = [node.name for node in proto.graph.node if inputs & set(node.input)]
    last = [node.name for node in proto.graph.node if node.op_type == "Gemm"][-1]
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.ERROR)  # advice about preprocessing, which the exporter has done
    try:
        with TemporaryDirectory() as folder:
            path = Path(folder) / "int8.onnx"
            quantize_static(
                proto,
                path,
                _Calibration(calibration),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv", "Gemm", "Relu"],
                nodes_to_exclude=[*first, last],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
            found = onnx.load(path)
    finally:
        logging.getLogger().setLevel(level)
    del found.metadata_props[:]
    onnx.checker.check_model(found)
    return bytes(found.SerializeToString(deterministic=True))


def agreement(graph: bytes, quantized: bytes, proof: Inputs) -> float:
    """Part of the windows that both graphs name alike; ModelError where it is too small to ship."""
    named = []
    for each in (graph, quantized):
        session = ort.InferenceSession(each, providers=["CPUExecutionProvider"])
        named.append(session.run(["probabilities"], proof.as_feed())[0].argmax(axis=1))
    alike = float(np.mean(named[0] == named[1]))
    if alike < MIN_AGREEMENT:
        raise ModelError(
            f"The graph in 8 bits names only {alike:.1%} of the windows as that in 32 bits does",
            "Do not ship it: look at the ranges of its activations, or ship float32",
        )
    return alike
