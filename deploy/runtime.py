"""The runtime path: raw windows of a part in, scores out; numpy and onnxruntime alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from deploy.bundle import NOVELTY, Bundle, BundleStream
from deploy.errors import BundleError, InputError
from deploy.promises import PRESENCE as PRESENCE
from deploy.selftest import selftest_fault

CPU = "CPUExecutionProvider"
WARM_UP = 2
"""Inferences of one part before the first that counts: onnxruntime plans its memory in the first of every shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the graph says about one part."""

    outputs: dict[str, NDArray[np.float32]]
    """By output name: probabilities, shape (classes,), a value or a p-value, shape (1,), or the embedding."""
    streams: tuple[str, ...]
    """The streams that took part."""

    @property
    def novelty(self) -> float | None:
        """Chance that a part like those of training looks as strange as this one; None where the bundle cannot tell."""
        return float(self.outputs[NOVELTY][0]) if NOVELTY in self.outputs else None

    @property
    def novelties(self) -> dict[str, float]:
        """The same by stream that took part, each looked at alone; empty where the bundle cannot tell."""
        names = {stream: f"{NOVELTY}:{stream}" for stream in self.streams}
        return {stream: float(self.outputs[n][0]) for stream, n in names.items() if n in self.outputs}


class Runtime:
    """A verified bundle, ready to inspect.

    Example:
        runtime = Runtime(Path("bundles/3f9c0a12b7de"))
        scores = runtime.scores({"acoustic": knock, "thermal": frame})
        print(runtime.named("label", scores))
    """

    def __init__(self, folder: Path | Bundle, threads: int = 1, provider: str = CPU, made: Any = None) -> None:
        """Load a bundle, recompute its self-test and warm up.

        Args:
            folder: The bundle's folder, or the bundle where it was read already.
            threads: Threads of one inference.
            provider: onnxruntime's execution provider; `deploy.providers` finds the fastest.
            made: A session of the bundle's graph that is there already, see `deploy.optimised`; None: one is made.

        Raises:
            BundleError: the bundle is not whole, or does not give here what it gave when it was made.
        """
        self.bundle = folder if isinstance(folder, Bundle) else Bundle(folder)
        self.manifest = self.bundle.manifest
        self.threads, self.provider = threads, provider
        self.session = session(self.bundle.model, threads, provider) if made is None else made
        if fault := selftest_fault(self.bundle, self.session):
            raise BundleError(f"bundle {self.bundle.name}: {fault}")
        self.streams = tuple(self.manifest.streams)
        self._inputs = tuple((n, s, np.dtype(s.dtype)) for n, s in self.manifest.streams.items())
        self._absent = {n: np.zeros((1, *s.shape), np.float32) for n, s in self.manifest.streams.items()}
        self._outputs = list(self.manifest.outputs)
        warm_up(self.session, self._outputs, self._absent)

    def scores(self, windows: Mapping[str, NDArray[Any]], rates_hz: Mapping[str, float] | None = None) -> Scores:
        """Inspect one part.

        Args:
            windows: By stream, shape and dtype as the bundle declares; a stream that is left out is absent.
            rates_hz: Samples a second of some streams, to be compared with those of training; None: as declared.

        Raises:
            InputError: no stream, an unknown one, or a window that is not as declared.
        """
        if not isinstance(windows, Mapping):
            raise InputError(f"windows are a {type(windows).__name__}; expected a mapping of streams to arrays")
        # Names and rates first: a large window takes longer to convert than a part that is wrong anyway may.
        present = tuple(n for n in self.streams if windows.get(n) is not None)
        if len(present) != len(windows) or not present:
            self._refuse(windows)
        if rates_hz:
            self._require_rates(rates_hz)
        feed: dict[str, NDArray[Any]] = {}
        here = np.zeros((1, len(self._inputs)), np.bool_)
        for column, (name, stream, dtype) in enumerate(self._inputs):
            window = windows.get(name)
            if window is None:
                feed[name] = self._absent[name]
                continue
            feed[name] = checked(name, stream, dtype, window)[None]
            here[0, column] = True
        feed[PRESENCE] = here
        results = self.session.run(self._outputs, feed)
        return Scores(outputs={n: r[0] for n, r in zip(self._outputs, results, strict=True)}, streams=present)

    def batch(self, windows: Mapping[str, NDArray[Any]], presence: NDArray[np.bool_]) -> dict[str, NDArray[np.float32]]:
        """Inspect many parts at once.

        A part gives the same as by itself but for rounding, since kernels add in another order: at batch 1 and inside 32
        its probabilities differ by at most 1e-5, its p-values of novelty by at most 1e-3.

        Args:
            windows: By stream, shape (parts, *declared shape); rows of absent streams hold anything finite.
            presence: Shape (parts, streams) in the bundle's order.

        Returns:
            Every output by name, shape (parts, ...).

        Raises:
            InputError: a stream has no rows, or rows or presence are not as described.
        """
        feed: dict[str, NDArray[Any]] = {}
        _require_presence(presence, len(self.streams))
        for name, stream, _ in self._inputs:
            if name not in windows:
                raise InputError(f"no rows of stream {name!r}; expected those of {', '.join(self.streams)}")
            shape = (len(presence), *stream.shape)
            feed[name] = _plain(name, _shaped(name, shape, windows[name]))
        results = self.session.run(self._outputs, feed | {PRESENCE: presence})
        return dict(zip(self._outputs, results, strict=True))

    def named(self, task: str, scores: Scores) -> dict[str, float]:
        """Probabilities of a task by class name."""
        classes = self.manifest.tasks[task].classes
        return {c: float(p) for c, p in zip(classes, scores.outputs[task], strict=True)}

    def _refuse(self, windows: Mapping[str, NDArray[Any]]) -> None:
        unknown = [name for name in windows if name not in self.streams]
        allowed = ", ".join(self.streams)
        if unknown:
            raise InputError(f"no stream {unknown[0]!r} in bundle {self.bundle.name}; it takes {allowed}")
        if not any(w is not None for w in windows.values()):
            raise InputError(f"no stream is present; bundle {self.bundle.name} takes {allowed}")

    def _require_rates(self, rates_hz: Mapping[str, float]) -> None:
        for name, rate in rates_hz.items():
            if name not in self.manifest.streams:
                raise InputError(
                    f"a rate of no stream {name!r}; bundle {self.bundle.name} takes {', '.join(self.streams)}"
                )
            wanted = self.manifest.streams[name].rate_hz
            if wanted is not None and rate != wanted:
                raise InputError(f"stream {name!r}: {rate} samples a second; expected {wanted}, as in training")


def session(
    model: bytes, threads: int, provider: str = CPU, *, optimised: bool = False, keep: Path | None = None
) -> Any:
    """An onnxruntime session; no spinning, so that capture beside it does not starve.

    Args:
        model: ONNX bytes.
        threads: Of one inference.
        provider: onnxruntime's execution provider.
        optimised: Whether the model has been optimised for this computer already.
        keep: Where to write the model as it was optimised; None: nowhere.

    Raises:
        BundleError: onnxruntime does not take the model, or not with this provider.
    """
    if provider not in (here := onnxruntime.get_available_providers()):
        raise BundleError(f"{provider} is not in onnxruntime {onnxruntime.__version__}; here: {', '.join(here)}")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The other format, which would be recognized by its bytes, is none that `deploy.outside` can look into.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    if keep is not None:
        options.optimized_model_filepath = str(keep)
    try:
        made = onnxruntime.InferenceSession(model, options, providers=[provider])
    except Exception as error:  # onnxruntime's own exceptions share no public base
        said = " ".join(str(error).split())
        raise BundleError(f"onnxruntime {onnxruntime.__version__} refuses the model: {said}") from error
    if made.get_providers()[0] != provider:
        # onnxruntime falls back to the CPU and only logs it.
        raise BundleError(f"{provider} does not start here; onnxruntime fell back to {made.get_providers()[0]}")
    return made


def warm_up(session: Any, outputs: list[str], silence: Mapping[str, NDArray[np.float32]]) -> None:
    """Run a session on one part of silence, so that the first real part does not wait for memory."""
    feed = dict(silence) | {PRESENCE: np.ones((1, len(silence)), np.bool_)}
    for _ in range(WARM_UP):
        session.run(outputs, feed)


def checked(name: str, stream: BundleStream, dtype: np.dtype[Any], window: NDArray[Any]) -> NDArray[np.float32]:
    """A window as the graph takes it.

    Raises:
        InputError: no array, shape, dtype or a value that is not finite, with what was expected.
    """
    window = _shaped(name, stream.shape, window)
    if window.dtype != dtype and not (dtype.kind == "f" and window.dtype.kind == "f"):
        raise InputError(f"stream {name!r}: dtype {window.dtype}; expected {dtype}, the raw values of the sensor")
    return _plain(name, window)


def _shaped(name: str, shape: tuple[int, ...], window: NDArray[Any]) -> NDArray[Any]:
    if not isinstance(window, np.ndarray):
        raise InputError(f"stream {name!r}: a {type(window).__name__}; expected a numpy array of shape {shape}")
    if window.shape != shape:
        raise InputError(f"stream {name!r}: window of shape {window.shape}; expected {shape}")
    return window


def _plain(name: str, window: NDArray[Any]) -> NDArray[np.float32]:
    """As float32, without scaling; of floats every value has to be finite, also as float32."""
    if window.dtype.kind not in "iuf":
        raise InputError(f"stream {name!r}: dtype {window.dtype}; expected numbers")
    if window.dtype.kind != "f":
        return np.ascontiguousarray(window, np.float32)
    with np.errstate(over="ignore"):
        plain = np.ascontiguousarray(window, np.float32)
    if not np.isfinite(plain).all():
        bad = int(np.size(plain) - np.isfinite(plain).sum())
        raise InputError(f"stream {name!r}: {bad} of {plain.size} samples are NaN or infinite; all must be finite")
    return plain


def _require_presence(presence: NDArray[np.bool_], streams: int) -> None:
    if not isinstance(presence, np.ndarray) or presence.dtype != np.bool_ or presence.shape[1:] != (streams,):
        found = f"{presence.dtype} of shape {presence.shape}" if isinstance(presence, np.ndarray) else repr(presence)
        raise InputError(f"presence is {found}; expected bool of shape (parts, {streams})")
