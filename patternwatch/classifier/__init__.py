"""Names the shape of a series: features, the ONNX session and the shipped model. No torch."""
