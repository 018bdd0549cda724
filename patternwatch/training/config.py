"""Everything a training run depends on, in one typed object that travels with the checkpoint."""

from pydantic import BaseModel, ConfigDict, Field


class GeneratorConfig(BaseModel):
    """How many windows are made, and of what."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    windows: int = Field(default=36_000, ge=1)
    validation_windows: int = Field(default=4_000, ge=1)
    normal_share: float = Field(default=0.26, gt=0, lt=1)
    other_share: float = Field(default=0.07, gt=0, lt=1)
    recorded_share: float = Field(default=0.35, ge=0, le=1)
    """Part of the windows whose background is cut from recorded incidents."""
    incidents: tuple[str, ...] = (
        "cart-crash-loop",
        "catalogue-cpu-hog",
        "catalogue-link-latency",
        "control-shop-a",
        "orders-pool-leak",
        "payment-error-burst",
        "postgres-disk-pressure",
        "redis-eviction",
    )
    """Which recordings of examples/incidents; named, so that new recordings do not change the data."""


class NetConfig(BaseModel):
    """Widths of the network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    channels: tuple[int, int, int, int] = (16, 32, 48, 64)
    squeezed: int = 32
    hidden: int = 96
    dropout: float = Field(default=0.25, ge=0, lt=1)


class FineTuneConfig(BaseModel):
    """Fine-tuning: more of the windows labelled by eye, at a low rate, so that they do not overfit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=300, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    labelled_share: float = Field(default=0.4, ge=0, lt=1)
    dropout: float = Field(default=0.4, ge=0, lt=1)
    average_decay: float = Field(default=0.98, ge=0, lt=1)


class TrainConfig(BaseModel):
    """One training run. The same config gives the same data bit by bit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 21
    networks: int = Field(default=5, ge=1)
    """Networks that are trained alike from different beginnings, and answer as one. Five small ones name more
    charts right than two of twice the size."""
    epochs: int = Field(default=10, ge=1)
    patience: int = Field(default=4, ge=1)
    """Epochs without a better validation loss after which training stops."""
    batch: int = Field(default=256, ge=2)
    learning_rate: float = Field(default=3e-3, gt=0)
    weight_decay: float = Field(default=2e-2, ge=0)
    average_decay: float = Field(default=0.994, ge=0, lt=1)
    """How slowly the running average of the weights follows them, per step."""
    second_label: float = Field(default=0.3, ge=0, lt=0.5)
    """Weight of the second acceptable label in the target."""
    smoothing: float = Field(default=0.02, ge=0, lt=0.5)
    labelled_share: float = Field(default=0.25, ge=0, lt=1)
    """Part of each batch taken from the windows labelled by eye."""
    mixup: float = Field(default=0.2, gt=0)
    """How evenly two windows are mixed into one: both parameters of a beta distribution."""
    normal_offset: float = -0.1
    """Added to the logit of `normal`: to overlook what is notable costs more than to name what is not."""
    judged_share: float = Field(default=0.2, gt=0, lt=1)
    """Part of the windows labelled by eye that is for validation, in whole groups."""
    jobs: int = Field(default=2, ge=1)
    """Processes that make windows and train networks; each uses one thread."""
    device: str = "cpu"
    generator: GeneratorConfig = GeneratorConfig()
    net: NetConfig = NetConfig()
    fine_tuning: FineTuneConfig = FineTuneConfig()
