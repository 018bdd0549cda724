"""The shipped artifact (graph, metadata, model card) and the class that serves it."""

from patternwatch.classifier.shape_model import Embedded, ModelMetadata, ShapeModel

__all__ = ["Embedded", "ModelMetadata", "ShapeModel"]
