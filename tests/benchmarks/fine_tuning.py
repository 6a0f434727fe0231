"""A champion of the simulated line learns a kind of defect that it never saw, on 500 parts of three streams.

Two processes stand before the one that is measured: one simulates the shifts, one trains a champion on parts without a
leak. The measured process loads arrays and champion, fine-tunes with the defaults on two threads, and says how long that
took and what its memory came to at most (VmHWM: all of it, the libraries included).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from qc_station.learning.apart import ENVIRONMENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from models.injection import Dataset, InputSpec
    from models.network import MultimodalNetwork
    from models.tasks import Task

NEW, OLD, VAL = 500, 500, 150
HELD_BACK = "leak"
THREADS = 2
LIMIT_S, LIMIT_MB = 60.0, 500.0
CHAMPION_EPOCHS = 12


def simulate(folder: Path) -> None:
    """Three shifts as arrays: old parts without leaks, new and validation parts with them."""
    import numpy as np

    from qc_station.learning.datasets import as_dataset, find_tasks
    from qc_station.line.shift import item
    from qc_station.line.simulation import shift, station

    config = station()
    shifts = {
        name: [item(snapshot, part.labels, group=name) for snapshot, part in shift(seed, parts)]
        for seed, (name, parts) in enumerate({"old": OLD, "new": NEW, "val": VAL}.items(), start=1)
    }
    shifts["old"] = [one for one in shifts["old"] if one.labels["label"] != HELD_BACK]
    tasks = {"champion": find_tasks(config, shifts["old"]), "all": find_tasks(config, shifts["old"] + shifts["new"])}
    for name, items in shifts.items():
        data = as_dataset(items, config.inspecting, tasks["all"])
        np.savez(folder / f"{name}.npz", **_flat(data))
    data = as_dataset(shifts["old"], config.inspecting, tasks["champion"])
    np.savez(folder / "champion.npz", **_flat(data))
    described = {name: [_plain(task) for task in found] for name, found in tasks.items()}
    (folder / "tasks.json").write_text(json.dumps(described))


def train(folder: Path) -> None:
    """The champion: most of what the old parts can teach."""
    import torch

    from models.settings import Settings
    from models.trainer import Trainer

    torch.set_num_threads(THREADS)
    data = _loaded(folder, "champion")
    trainer = Trainer(_inputs(), _tasks(folder, "champion"), data, data, Settings(epochs=CHAMPION_EPOCHS, budget_s=1e9))
    torch.save(trainer.run().network.state_dict(), folder / "champion.pt")


def measure(folder: Path) -> None:
    """Fine-tune, and print what it took."""
    began = time.perf_counter()
    import torch

    from models.continual.fine_tuning import fine_tune
    from models.continual.forgetting import decided, exact_bounds
    from models.continual.warm_start import rebuilt, tasks_after

    torch.set_num_threads(THREADS)
    champion_tasks = _tasks(folder, "champion")
    champion = rebuilt(torch.load(folder / "champion.pt", weights_only=True), _inputs(), champion_tasks)
    tasks = tasks_after(champion_tasks, _tasks(folder, "all"))
    new, old, val = (_loaded(folder, name) for name in ("new", "old", "val"))
    loaded, loaded_mb = time.perf_counter(), _peak_mb()
    tuned = fine_tune(champion, _inputs(), tasks, new, old, val)
    seconds = time.perf_counter() - loaded
    classes = next(task.classes for task in tasks if task.name == "label")
    there = val.targets["label"] == classes.index(HELD_BACK)
    found = int((decided(tuned.outcome.network, val)["label"][there] == HELD_BACK).sum())
    result = {
        "fine_tuning_s": round(seconds, 1),
        "with_imports_s": round(seconds + loaded - began, 1),
        "peak_rss_mb": round(_peak_mb(), 1),
        "rss_before_fine_tuning_mb": round(loaded_mb, 1),
        "new_parts": tuned.new,
        "replayed_parts": tuned.replayed,
        "epochs": len(tuned.outcome.epochs),
        "processor_s": round(time.process_time(), 1),
        f"validation_{HELD_BACK}_found": f"{found} of {int(there.sum())}",
        f"validation_{HELD_BACK}_auc": round(_auc(_probability(tuned.outcome.network, val), there), 3),
        f"validation_{HELD_BACK}_bounds": [round(bound, 3) for bound in exact_bounds(found, int(there.sum()))],
        "points_forgotten": {
            name: round(kept.points, 1) for name, kept in tuned.forgetting["label"].classes.items() if name != HELD_BACK
        },
    }
    sys.stdout.write(json.dumps(result) + "\n")


def _probability(network: "MultimodalNetwork", data: "Dataset") -> "NDArray[Any]":
    """Of the kind that was held back, by all heads together, shape (items,)."""
    import torch

    from models.deciding import Deciding
    from models.injection import in_order

    deciding, found = Deciding(network), []
    task = next(task for task in network.tasks if task.name == "label")
    with torch.inference_mode():
        for batch in in_order(data, 64):
            presence = batch.presence(network.streams)
            answers = network.answer(network.advance(network.encode(batch), presence))
            best = deciding.combined(task, answers, presence)["label"].softmax(dim=1)
            found.append(best[:, task.classes.index(HELD_BACK)])
    return torch.cat(found).numpy()


def _auc(values: "NDArray[Any]", positive: "NDArray[Any]") -> float:
    """Chance that one of the kind has a higher value than one of another; ties count half."""
    more = values[positive][:, None] - values[~positive][None, :]
    return float((more > 0).mean() + 0.5 * (more == 0).mean())


def _inputs() -> "list[InputSpec]":
    from qc_station.learning.datasets import input_spec
    from qc_station.line.simulation import station

    return [input_spec(name, stream) for name, stream in station().inspecting.items()]


def _plain(task: "Task") -> dict[str, Any]:
    return {name: getattr(task, name) for name in ("name", "stream", "classes", "frequencies", "weight")}


def _tasks(folder: Path, name: str) -> "tuple[Task, ...]":
    from models.tasks import Task

    found = json.loads((folder / "tasks.json").read_text())[name]
    return tuple(
        Task(**(fields | {"classes": tuple(fields["classes"]), "frequencies": tuple(fields["frequencies"])}))
        for fields in found
    )


def _flat(data: "Dataset") -> dict[str, Any]:
    groups = {"windows": data.windows, "rows": data.rows, "targets": data.targets}
    return {f"{group}/{name}": values for group, table in groups.items() for name, values in table.items()}


def _loaded(folder: Path, name: str) -> "Dataset":
    import numpy as np

    from models.injection import Dataset

    groups: dict[str, dict[str, Any]] = {"windows": {}, "rows": {}, "targets": {}}
    with np.load(folder / f"{name}.npz") as arrays:
        for path in arrays:
            group, _, table = path.partition("/")
            groups[group][table] = arrays[path]
    return Dataset(**groups)


def _peak_mb() -> float:
    """Most resident memory of this process so far, in MB of a million bytes."""
    (line,) = (one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def main() -> None:
    """Print one JSON line; the ratios are what is allowed over what was needed."""
    with tempfile.TemporaryDirectory() as folder:
        for stage in ("simulate", "train", "measure"):
            environment = os.environ | ENVIRONMENT | {"OMP_NUM_THREADS": str(THREADS)}
            command = [sys.executable, __file__, stage, folder]
            done = subprocess.run(command, env=environment, check=True, capture_output=stage == "measure", text=True)
    found = json.loads(done.stdout)
    result = {
        "benchmark": "fine_tuning",
        "baseline": f"allowed: {LIMIT_S:g} s and {LIMIT_MB:g} MB on {THREADS} threads",
        "ratio_time": round(LIMIT_S / found["fine_tuning_s"], 2),
        "ratio_memory": round(LIMIT_MB / found["peak_rss_mb"], 2),
        **found,
        "load_average": round(os.getloadavg()[0], 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        {"simulate": simulate, "train": train, "measure": measure}[sys.argv[1]](Path(sys.argv[2]))
    else:
        main()
