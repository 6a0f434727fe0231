"""A pilot on a station's items."""

from collections.abc import Callable, Iterable

import torch

from models.pilot import Pilot, Probe, pilot
from qc_station.config.station import StationConfig
from qc_station.errors import ConfigError
from qc_station.items import Item
from qc_station.learning.datasets import as_dataset, find_tasks, input_spec, split_items
from qc_station.learning.training import settings_of


def run_pilot(
    config: StationConfig, items: Iterable[Item], epochs: int, report: Callable[[Probe], None] = lambda _: None
) -> Pilot:
    """Train shortly on every stream, every two and all.

    Args:
        config: The station; its training's budget is that of all short trainings together.
        items: Training and validation items; others are ignored, and their order does not matter.
        epochs: Passes of each training.
        report: Called after each.

    Raises:
        ConfigError: nothing to learn from.
    """
    torch.set_num_threads(config.training.threads or torch.get_num_threads())
    splits = split_items(sorted(items, key=lambda item: item.name))
    tasks = find_tasks(config, splits.train)
    train, val = (as_dataset(part, config.inspecting, tasks) for part in (splits.train, splits.val))
    specs = [input_spec(name, stream) for name, stream in config.inspecting.items()]
    try:
        found = pilot(specs, tasks, train, val, settings_of(config.training), epochs=epochs, report=report)
    except ValueError as error:
        raise ConfigError(f"station.toml: {error}") from error
    if not found.probes:
        reasons = "; ".join(f"{' and '.join(streams)}: {reason}" for streams, reason in found.skipped.items())
        raise ConfigError(f"no pilot: {reasons}")
    return found
