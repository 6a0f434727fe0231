"""An encoder per kind of signal: raw window in, features out; preprocessing is part of it and so of the exported graph.

A new kind is one file here, named after the kind, that defines one subclass of `Encoder`. Nothing else has to be edited.
"""

import importlib
import inspect
import pkgutil

from models.encoders.base import Encoder
from models.injection import InputSpec


def kinds() -> tuple[str, ...]:
    """Every kind of signal that has an encoder."""
    return tuple(m.name for m in pkgutil.iter_modules(__path__) if m.name != "base" and "_" not in m.name)


def encoder_for(spec: InputSpec, width: int) -> Encoder:
    """Build the encoder of a stream's kind.

    Args:
        spec: The stream's entry point.
        width: Number of features that it gives.

    Raises:
        ValueError: no encoder of that kind.
    """
    if spec.kind not in kinds():
        raise ValueError(f"stream {spec.name!r}: no encoder for kind {spec.kind!r}; there are: {', '.join(kinds())}")
    module = importlib.import_module(f"models.encoders.{spec.kind}")
    (encoder,) = (
        c
        for _, c in inspect.getmembers(module, inspect.isclass)
        if issubclass(c, Encoder) and c.__module__ == module.__name__
    )
    built: Encoder = encoder(spec, width)
    return built
