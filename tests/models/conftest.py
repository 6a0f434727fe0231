"""Tests of networks run on one thread, so that bits repeat and the machine stays usable."""

import pytest
import torch


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
