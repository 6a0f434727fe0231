"""What every test shares: hypothesis without a clock, one small bundle that is exported once a session, one that has learnt."""

import os
from pathlib import Path

import pytest
from hypothesis import Phase, settings

from tests.trained_line import TrainedLine, trained_in

# Explaining traces every line of every example, which makes array code many times slower.
PHASES = [phase for phase in Phase if phase is not Phase.explain]
settings.register_profile("facts", deadline=None, derandomize=True, phases=PHASES)
settings.load_profile("facts")


@pytest.fixture(scope="session")
def exported() -> tuple[object, bytes]:
    """An untrained three-stream `Deciding` with temperatures off 1, and its ONNX bytes."""
    from tests.synthetic import exported_network

    return exported_network()


@pytest.fixture(scope="session")
def bundle_folder(exported: tuple[object, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of `exported`; read-only: copy it before changing it."""
    from tests.synthetic import write_synthetic_bundle

    return write_synthetic_bundle(tmp_path_factory.mktemp("bundles"), *exported)


@pytest.fixture(scope="session")
def trained_line(tmp_path_factory: pytest.TempPathFactory) -> TrainedLine:
    """The network of `tests.trained_line`, the same for every worker of this run; read-only."""
    own = tmp_path_factory.getbasetemp()
    # A worker's folder lies in that of the run.
    return trained_in((own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "trained_line")
