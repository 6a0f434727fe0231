"""Raw windows of the demo's three streams to scores at batch 1, one thread, against three other ways to the same numbers.

- `bare`: `InferenceSession.run` of the same graph with a prepared feed.
- `librosa`: what one would write otherwise: librosa's spectrogram and a mel bank that is made once, numpy for decibels
  and for normalizing sound, frame and gas, then the same network without its front end in onnxruntime.
- `torch`: the module under `torch.inference_mode`, on one thread as well.

All four take turns. Before anything is timed, all have to come to the same outputs.

Usage: python tests/benchmarks/runtime_latency.py [--rounds 1000] [--processor]
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.export import OPSET, plain, to_onnx
from deploy.runtime import PRESENCE, Runtime, session
from models.deciding import Deciding
from models.encoders.waveform import Spectrum
from models.frontends.logmel import FLOOR
from qc_station.line.simulation import station
from tests.benchmarks.demo_network import SPECS, deciding, windows
from tests.benchmarks.timing import in_turn, points
from tests.simulated_line import write

TARGETS = {"bare": 1.10, "librosa": 1 / 1.3, "torch": 1 / 2}
"""Largest ratio of the runtime's median to each."""
NAMES = ("fine", "quick", "own", "level", "values")


class WithoutFrontEnd(nn.Module):
    """The decision graph from scaled spectrograms, normalized frames and standardized gas curves on."""

    def __init__(self, deciding: Deciding) -> None:
        super().__init__()
        self.deciding = plain(deciding)

    def forward(self, fine: Tensor, quick: Tensor, own: Tensor, level: Tensor, values: Tensor, here: Tensor) -> Any:
        """Outputs as those of `Deciding`."""
        network, novelty = self.deciding.network, self.deciding.novelty
        statistics = network.encoders["thermal"].statistics
        frame = (own, own, statistics.scaled(statistics.measure(own, own)), level, level)
        prepared = {"acoustic": (fine, quick), "thermal": frame, "enose": (values,)}
        seen = [(network.encoders[n].measure(p), network.encoders[n].encode(p)) for n, p in prepared.items()]
        *answers, embedding = self.deciding.decide([features for _, features in seen], here)
        return (*answers, *novelty(seen, here), embedding)


class Otherwise:
    """librosa and numpy before the network."""

    def __init__(self, built: Deciding) -> None:
        encoders = built.network.encoders
        sound, self.frame, self.gas = (encoders[name] for name in ("acoustic", "thermal", "enose"))
        self.full_scale = sound.full_scale
        self.spectra = [Resolution(sound.fine), Resolution(sound.quick)]
        self.offset, self.scale = float(self.frame.offset), float(self.frame.scale)
        self.steps = [getattr(self.gas, name).numpy() for name in ("small", "offset", "scale")]
        example = (*(torch.zeros(2, *w.shape[1:]) for w in self.prepared(windows_of_one()).values()),)
        here = torch.ones(2, len(SPECS), dtype=torch.bool)
        batch = torch.export.Dim("batch", min=1, max=4096)
        program = torch.onnx.export(
            WithoutFrontEnd(built),
            (*example, here),
            dynamo=True,
            opset_version=OPSET,
            input_names=[*NAMES, PRESENCE],
            output_names=built.output_names(),
            dynamic_shapes={name: {0: batch} for name in (*NAMES, "here")},
            verbose=False,
        )
        assert program is not None
        self.session, self.names = session(program.model_proto.SerializeToString(), 1), built.output_names()
        self.here = np.ones((1, len(SPECS)), np.bool_)

    def prepared(self, part: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
        """What the network without a front end takes."""
        sound = part["acoustic"][0].astype(np.float32) / np.float32(self.full_scale)
        fine, quick = (spectrum(sound) for spectrum in self.spectra)
        moved = part["thermal"].astype(np.float32) - np.float32(self.offset)
        centred = (moved - moved.mean()) / np.float32(self.scale)
        own = centred / (np.sqrt(np.square(centred).mean()) + np.float32(0.005))
        small, offset, scale = self.steps
        curves = np.sign(part["enose"]) * np.log1p(np.abs(part["enose"]) / small)
        values = (curves - curves.mean(axis=1, keepdims=True) - offset) / scale
        found = (fine[None], quick[None], own[None], (moved / np.float32(self.scale))[None], values[None])
        return dict(zip(NAMES, found, strict=True))

    def scores(self, part: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
        """From raw windows to the graph's outputs."""
        outputs: list[NDArray[np.float32]] = self.session.run(self.names, self.prepared(part) | {PRESENCE: self.here})
        return outputs


class Resolution:
    """One spectrogram by librosa, scaled by numpy."""

    def __init__(self, spectrum: Spectrum) -> None:
        layer = spectrum.logmel
        self.n_fft, self.hop = layer.n_fft, layer.hop
        window = librosa.filters.get_window("hann", layer.n_fft)
        # The bank as the network has it, made once; power by the window's gain is in it.
        self.bank = (layer.mel.numpy() * (2 / window.sum()) ** 2).astype(np.float32)
        self.offset, self.scale = spectrum.offset.numpy(), spectrum.scale.numpy()

    def __call__(self, sound: NDArray[np.float32]) -> NDArray[np.float32]:
        """Shape (1, bands, frames)."""
        spectrum = librosa.stft(sound, n_fft=self.n_fft, hop_length=self.hop, center=True, pad_mode="constant")
        decibels = 10 * np.log10(self.bank @ (spectrum.real**2 + spectrum.imag**2) + np.float32(FLOOR))
        scaled: NDArray[np.float32] = (decibels - self.offset) / self.scale
        return scaled


def windows_of_one() -> dict[str, NDArray[Any]]:
    """One part."""
    return {name: raw[0] for name, raw in windows(1, seed=5).items()}


def require_same(found: dict[str, list[Any]], names: list[str]) -> float:
    """Largest difference of a probability between the ways."""
    worst = 0.0
    for way in found.values():
        for name, ours, theirs in zip(names, found["bare"], way, strict=True):
            off = float(np.abs(np.asarray(ours) - np.asarray(theirs)).max())
            worst = max(worst, off) if name.startswith("label") else worst
    assert worst < 1e-3, f"the ways differ by {worst}"
    return worst


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--processor", action="store_true", help="processor time instead of wall clock: on a busy box")
    options = parser.parse_args()
    rounds, clock = options.rounds, time.thread_time_ns if options.processor else time.perf_counter_ns
    built, part, names = deciding(), windows_of_one(), list(station().inspecting)
    with tempfile.TemporaryDirectory() as folder:
        runtime = Runtime(write(built, to_onnx(built), windows(3), Path(folder)))
    otherwise, outputs = Otherwise(built), built.output_names()
    feed = {n: part[n].astype(np.float32)[None] for n in names} | {PRESENCE: otherwise.here}
    tensors = [torch.from_numpy(feed[n]) for n in (*names, PRESENCE)]
    with torch.inference_mode():
        calls = {
            "ours": lambda: list(runtime.scores(part).outputs.values()),
            "bare": lambda: runtime.session.run(outputs, feed),
            "librosa": lambda: otherwise.scores(part),
            "torch": lambda: built(*tensors),
        }
        differ = require_same({name: list(call()) for name, call in calls.items()}, outputs)
        spent = {name: points(times) for name, times in in_turn(calls, rounds, clock).items()}
    ratios = {name: round(spent["ours"]["p50"] / spent[name]["p50"], 4) for name in TARGETS}
    result = {
        "benchmark": "runtime_latency",
        "baseline": "InferenceSession.run of the same graph with a prepared feed",
        "ratio": ratios["bare"],
        "ratios": ratios,
        "times_faster": {name: round(1 / ratio, 3) for name, ratio in ratios.items()},
        "largest_ratios_allowed": {name: round(target, 4) for name, target in TARGETS.items()},
        "met": all(ratio <= TARGETS[name] for name, ratio in ratios.items()),
        "ms": spent,
        "largest_difference_of_a_probability": differ,
        "rounds": rounds,
        "clock": "processor" if options.processor else "wall",
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
