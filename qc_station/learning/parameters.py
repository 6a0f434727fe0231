"""What learning on needs beside a bundle: parameters, inputs, tasks, and which items were learnt, in one npz without pickle.

The file lies beside the bundle's folder, not in it, so that a runtime neither reads nor keeps it.
"""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import torch
from msgspec import Struct

from deploy.numbered import read_numbered
from models.continual.warm_start import rebuilt
from models.injection import InputSpec
from models.network import MultimodalNetwork
from models.tasks import Task
from qc_station.errors import ParametersError
from qc_station.files import write_atomically

FORMAT = 2
SUFFIX = ".parameters.npz"
ABOUT, STATE = "about", "state/"


class About(Struct, frozen=True, kw_only=True):
    """What the parameters belong to."""

    format: int = FORMAT
    """Layout of the file and meaning of its numbers; this program reads FORMAT."""
    bundle: str
    """Whole digest of the bundle."""
    inputs: tuple[InputSpec, ...]
    """Streams, in the network's order."""
    tasks: tuple[Task, ...]
    """Questions, in the network's order."""
    dropout: float
    """Of the network."""
    learnt: dict[str, str]
    """Digest of every training item by its name: with other labels it is another item."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """A network that can learn on."""

    about: About
    """What it belongs to."""
    network: MultimodalNetwork
    """In evaluation mode."""


def parameters_file(bundle: Path) -> Path:
    """Where the parameters of a bundle lie."""
    return bundle.with_name(bundle.name + SUFFIX)


def write_parameters(bundle: Path, digest: str, network: MultimodalNetwork, learnt: dict[str, str]) -> Path:
    """Write them beside a bundle, whole or not at all.

    Args:
        bundle: Its folder.
        digest: Its whole digest.
        network: As it was exported.
        learnt: Digest of every training item by its name.

    Raises:
        ParametersError: the disk is full or the folder cannot be written.
    """
    about = About(
        bundle=digest, inputs=network.inputs, tasks=network.tasks, dropout=network.dropout, learnt=dict(learnt)
    )
    buffer, path = io.BytesIO(), parameters_file(bundle)
    state = {STATE + name: value.detach().numpy() for name, value in network.state_dict().items()}
    np.savez(buffer, allow_pickle=False, **{ABOUT: np.frombuffer(msgspec.json.encode(about), np.uint8)}, **state)
    try:
        write_atomically(path, buffer.getvalue())
    except OSError as error:
        raise ParametersError(f"{path} cannot be written: {error.strerror}; the bundle beside it is whole") from error
    return path


def read_parameters(bundle: Path, digest: str) -> Parameters:
    """The network of a bundle.

    Args:
        bundle: Its folder.
        digest: Its whole digest.

    Raises:
        ParametersError: there are none, or they are damaged, of another bundle or of another program.
    """
    path = parameters_file(bundle)
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as arrays:
            about = _about(path, arrays[ABOUT].tobytes())
            names = [name for name in arrays.files if name.startswith(STATE)]
            state = {name.removeprefix(STATE): torch.from_numpy(arrays[name]) for name in names}
    except FileNotFoundError as error:
        raise ParametersError(f"bundle {bundle.name} has no parameters beside it: {path.name} is missing") from error
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise ParametersError(f"{path} cannot be read: {error}") from error
    if about.bundle != digest:
        raise ParametersError(f"{path} belongs to bundle {about.bundle[:12]}, not to {digest[:12]}")
    try:
        network = rebuilt(state, about.inputs, about.tasks, about.dropout)
    except ValueError as error:
        raise ParametersError(f"{path}: {error}") from error
    return Parameters(about=about, network=network)


def _about(path: Path, raw: bytes) -> About:
    try:
        return read_numbered(raw, About, FORMAT)
    except msgspec.DecodeError as error:
        raise ParametersError(f"{path}: {ABOUT} cannot be read: {error}") from error
