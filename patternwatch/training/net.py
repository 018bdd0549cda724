"""The network: a small convolutional net with three inputs. See `classifier.features` for what they hold."""

from collections.abc import Iterable, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from patternwatch.classifier.features import INPUT_SHAPES
from patternwatch.contracts.patterns import PATTERNS, Pattern
from patternwatch.training.config import NetConfig


def _conv(inputs: int, outputs: int, width: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, width, stride=stride, padding=width // 2, bias=False),
        nn.BatchNorm1d(outputs),
        nn.ReLU(),
    )


class ShapeNet(nn.Module):
    """Logits (N, 15) from `series` (N, 5, 120), `baseline` (N, 3, 60) and `scales` (N, 24)."""

    def __init__(self, config: NetConfig) -> None:
        super().__init__()
        (inputs, points), (base_inputs, _), (scales,) = (
            INPUT_SHAPES["series"],
            INPUT_SHAPES["baseline"],
            INPUT_SHAPES["scales"],
        )
        a, b, c, d = config.channels
        self.points = nn.Sequential(
            _conv(inputs, a, 7),
            _conv(a, b, 5, stride=2),
            _conv(b, c, 5, stride=2),
            _conv(c, c, 5),
            _conv(c, d, 5, stride=2),
            _conv(d, d, 3),
        )
        # Where an event lies decides its name (returned or not), so the places are kept, squeezed.
        self.places = nn.Sequential(nn.Conv1d(d, config.squeezed, 1), nn.ReLU(), nn.Flatten())
        self.baseline = nn.Sequential(_conv(base_inputs, 16, 5, stride=2), _conv(16, 32, 5, stride=2))
        self.scales = nn.Sequential(nn.Linear(scales, 32), nn.ReLU())
        joined = config.squeezed * (points // 8) + 2 * d + 2 * 32 + 32
        self.embedding = nn.Sequential(
            nn.Dropout(config.dropout), nn.Linear(joined, config.hidden), nn.ReLU()
        )
        self.dropped = nn.Dropout(config.dropout)
        self.last = nn.Linear(config.hidden, len(PATTERNS))

    def forward(self, series: Tensor, baseline: Tensor, scales: Tensor) -> Tensor:
        """Logits in the order of PATTERNS."""
        logits: Tensor = self.last(self.dropped(self.embed(series, baseline, scales)))
        return logits

    def embed(self, series: Tensor, baseline: Tensor, scales: Tensor) -> Tensor:
        """The layer before the logits, (N, hidden): windows of one shape lie close together in it."""
        shape = self.points(series)
        before = self.baseline(baseline)
        joined = [
            self.places(shape),
            shape.amax(dim=2),
            shape.mean(dim=2),
            before.amax(dim=2),
            before.mean(dim=2),
            self.scales(scales),
        ]
        embedding: Tensor = self.embedding(torch.cat(joined, dim=1))
        return embedding


class Ensemble(nn.Module):
    """Networks side by side as one: their embeddings joined, their logits averaged (in one linear layer).

    normal_offset  is added to the mean logit of `normal`
    """

    def __init__(self, nets: Sequence[ShapeNet], normal_offset: float = 0.0) -> None:
        super().__init__()
        self.nets = nn.ModuleList(nets)
        last = [net.last for net in nets]
        self.logits = nn.Linear(sum(layer.in_features for layer in last), len(PATTERNS))
        with torch.no_grad():
            self.logits.weight.copy_(torch.cat([layer.weight for layer in last], dim=1) / len(nets))
            self.logits.bias.copy_(torch.stack([layer.bias for layer in last]).mean(dim=0))
            self.logits.bias[PATTERNS.index(Pattern.NORMAL)] += normal_offset

    def forward(self, series: Tensor, baseline: Tensor, scales: Tensor) -> Tensor:
        """Logits (N, 15): the mean of the networks'."""
        logits: Tensor = self.logits(self.embed(series, baseline, scales))
        return logits

    def embed(self, series: Tensor, baseline: Tensor, scales: Tensor) -> Tensor:
        """The networks' embeddings one after the other, (N, networks * hidden)."""
        nets = cast("Iterable[ShapeNet]", self.nets)
        return torch.cat([net.embed(series, baseline, scales) for net in nets], dim=1)


def parameters_of(net: nn.Module) -> int:
    """How many numbers training sets."""
    return sum(p.numel() for p in net.parameters())
