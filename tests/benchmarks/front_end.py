"""The log-mel front end as a graph in onnxruntime against librosa, over lengths of the transform and kinds of sound.

Tones, clicks, silence and made-up knocks; with QC_REAL_DATA also the recorded knocks of that folder. Told are the largest
difference to librosa in decibels wherever a band is within 60 dB of the loudest one of its sound, and the error of both
to the same in double precision: root mean square over those bands, and the largest. The ratio is ours to librosa's, the
largest over all transforms and sounds, for a sound in single precision. By itself librosa then makes its window in
double precision and numpy the transform, so that only the spectrum is rounded; the ratio to that, and to librosa with
its window in single precision as well (`ratio_to_single_window`), both have to be within what is allowed.

Usage: [QC_REAL_DATA=DATA] python tests/benchmarks/front_end.py [--most-real 40]
"""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

import librosa
import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deploy.export import OPSET
from deploy.runtime import session
from models.frontends.logmel import FLOOR, LogMel
from qc_station.line.simulation import shift

TRANSFORMS = (256, 512, 1024, 2048)
RATE_HZ = 16_000
SAMPLES = 8192
WITHIN_DB = 60.0
ALLOWED_DB = 0.01
ALLOWED_RATIO = 2.0
NOTHING_DB = 1e-6
"""An error of librosa's under which a ratio would say nothing: less than single precision can tell."""


def made_up() -> dict[str, NDArray[np.float32]]:
    """Sounds of full scale 1.0, shape (SAMPLES,)."""
    time_s = np.arange(SAMPLES) / RATE_HZ
    found = {f"tone {hz:g} Hz": 0.5 * np.sin(2 * np.pi * hz * time_s) for hz in (100.0, 997.0, 3210.5, 7300.0)}
    found |= {f"click at {at}": np.eye(1, SAMPLES, at)[0] for at in (0, 1000, 5001)}
    found["silence"] = np.zeros(SAMPLES)
    found["noise"] = np.random.default_rng(0).normal(0, 0.1, SAMPLES)
    for snapshot, part in shift(3, 8):
        sound = snapshot.windows["acoustic"].data[0] / 32768
        found[f"made-up knock {part.name}"] = np.resize(sound, SAMPLES)
    return {name: sound.astype(np.float32) for name, sound in found.items()}


def recorded(most: int) -> dict[str, NDArray[np.float32]]:
    """Some of the sounds below QC_REAL_DATA, evenly chosen; empty where it is not set."""
    folder = os.environ.get("QC_REAL_DATA")
    if not folder:
        return {}
    files = sorted(f for ending in ("wav", "flac") for f in (Path(folder) / "acoustic").rglob(f"*.{ending}"))
    chosen = [files[n] for n in np.unique(np.linspace(0, len(files) - 1, most).astype(int))] if files else []
    found = {}
    for file in chosen:
        sound = soundfile.read(file, dtype="float32", always_2d=True)[0][:SAMPLES, 0]
        found[f"real {file.name}"] = np.pad(sound, (0, SAMPLES - len(sound)))
    return found


def graph(layer: LogMel) -> Any:
    """An onnxruntime session of the front end alone."""
    program = torch.onnx.export(
        layer, (torch.zeros(1, SAMPLES),), dynamo=True, opset_version=OPSET, input_names=["sound"], verbose=False
    )
    assert program is not None
    return session(program.model_proto.SerializeToString(), 1)


def by_librosa(
    sound: NDArray[Any], layer: LogMel, dtype: type[np.floating[Any]], window: type[np.floating[Any]]
) -> NDArray[Any]:
    """Decibels in the scale of `LogMel`, shape (bands, frames), in single or double precision; likewise the window."""
    shape = librosa.filters.get_window("hann", layer.n_fft)
    spectrum = librosa.stft(
        sound.astype(dtype),
        n_fft=layer.n_fft,
        hop_length=layer.hop,
        window=shape.astype(window),
        center=True,
        pad_mode="constant",
    )
    bank = librosa.filters.mel(sr=RATE_HZ, n_fft=layer.n_fft, n_mels=layer.bands, dtype=dtype)
    bank = (bank / bank.sum(axis=1, keepdims=True) * (2 / shape.sum()) ** 2).astype(dtype)
    return 10 * np.log10(bank @ (np.abs(spectrum) ** 2) + dtype(FLOOR))


def compared(layer: LogMel, ours: NDArray[Any], sound: NDArray[Any]) -> dict[str, float]:
    """Differences in decibels where a band is loud enough."""
    exact = by_librosa(sound, layer, np.float64, np.float64)
    ways = {
        "ours": ours,
        "librosa": by_librosa(sound, layer, np.float32, np.float64),
        "single_window": by_librosa(sound, layer, np.float32, np.float32),
    }
    loud = exact >= exact.max() - WITHIN_DB
    rms = {name: float(np.sqrt(np.square(way - exact)[loud].mean())) for name, way in ways.items()}
    return {
        "difference_db": max(float(np.abs(ours - ways[name])[loud].max()) for name in ("librosa", "single_window")),
        **{f"{name}_rms_db": error for name, error in rms.items()},
        "largest_error_db": float(np.abs(ours - exact)[loud].max()),
        "ratio": rms["ours"] / max(rms["librosa"], NOTHING_DB),
        "ratio_to_single_window": rms["ours"] / max(rms["single_window"], NOTHING_DB),
    }


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most-real", type=int, default=40)
    sounds = made_up() | recorded(parser.parse_args().most_real)
    told: dict[str, Any] = {}
    for n_fft in TRANSFORMS:
        layer = LogMel(RATE_HZ, n_fft, n_fft // 4, min(128, n_fft // 4)).eval()
        runs = graph(layer)
        found = {n: compared(layer, runs.run(None, {"sound": s[None]})[0][0], s) for n, s in sounds.items()}
        worst = max(found, key=lambda name: found[name]["ratio"])
        told[str(n_fft)] = {
            "largest_difference_db": max(one["difference_db"] for one in found.values()),
            "ratio": found[worst]["ratio"],
            "ratio_to_single_window": max(one["ratio_to_single_window"] for one in found.values()),
            "where": worst,
            "there": found[worst],
        }
    ratio, beside = (max(one[name] for one in told.values()) for name in ("ratio", "ratio_to_single_window"))
    result = {
        "benchmark": "front_end",
        "baseline": "the error of librosa, given the sound in single precision, to the same in double precision",
        "ratio": ratio,
        "ratio_to_single_window": beside,
        "largest_difference_db": max(one["largest_difference_db"] for one in told.values()),
        "allowed": {"ratio": ALLOWED_RATIO, "difference_db": ALLOWED_DB},
        "met": max(ratio, beside) <= ALLOWED_RATIO
        and all(one["largest_difference_db"] <= ALLOWED_DB for one in told.values()),
        "sounds": len(sounds),
        "real_sounds": sum(name.startswith("real") for name in sounds),
        "by_transform": told,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
