"""A runtime over the session's bundle, and copies of the bundle that a test may harm."""

import shutil
from pathlib import Path

import pytest
import torch

from deploy.runtime import Runtime


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def runtime(bundle_folder: Path) -> Runtime:
    return Runtime(bundle_folder)


@pytest.fixture
def harmed(bundle_folder: Path, tmp_path: Path) -> Path:
    """A copy of the bundle."""
    return Path(shutil.copytree(bundle_folder, tmp_path / bundle_folder.name))
