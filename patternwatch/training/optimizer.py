"""One step of training: the network, its optimizer and the running average of its weights."""

from typing import cast

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from patternwatch.classifier.features import Inputs
from patternwatch.training.config import TrainConfig
from patternwatch.training.net import ShapeNet


class AveragingOptimizer:
    """A network, its optimizer and the running average of its weights."""

    def __init__(self, net: ShapeNet, config: TrainConfig, steps: int, rate: float, decay: float) -> None:
        self.net, self.device = net, config.device
        follow = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call] # torch has no types here
        self._average = AveragedModel(net, multi_avg_fn=follow, use_buffers=True)
        self._optimizer = torch.optim.AdamW(net.parameters(), weight_decay=config.weight_decay)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimizer,
            rate,
            total_steps=steps,
            pct_start=0.15,
            final_div_factor=0.2,  # ends at a fifth of the peak: the average needs weights that still move
        )
        self._loss = nn.CrossEntropyLoss()

    @property
    def averaged(self) -> ShapeNet:
        """The network with the averaged weights."""
        return cast("ShapeNet", self._average.module)

    def step(self, inputs: Inputs, wanted: npt.NDArray[np.float32]) -> float:
        """Learn from one batch; its loss."""
        self.net.train()
        logits = self.net(*tensors(inputs, self.device))
        loss = self._loss(logits, torch.from_numpy(wanted).to(self.device))
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        self._schedule.step()
        self._average.update_parameters(self.net)
        return float(loss.item())


def tensors(inputs: Inputs, device: str) -> tuple[Tensor, ...]:
    """The network's inputs, on its device."""
    return tuple(torch.from_numpy(a).to(device) for a in inputs.as_feed().values())
