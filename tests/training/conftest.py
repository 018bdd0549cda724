import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """More threads only wait for each other on networks as small as these."""
    torch.set_num_threads(1)
