"""Learn on from the champion with what was labelled since, and write a verified candidate bundle."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.login import who_option
from qc_station.cli.output import finish, json_option, note
from qc_station.cli.progress import Progress
from qc_station.cli.sensor_table import ends_by_signal
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from qc_station.learning.parameters import Parameters

BUDGET_S = 180.0
"""A box retrains beside the line; with calibration, export and the record it is done within five minutes."""
LEAST_MIB = 1024


@click.command()
@station_option()
@who_option("Who asks for it")
@click.option(
    "--budget",
    type=click.FloatRange(min=1),
    default=BUDGET_S,
    show_default=True,
    help="Seconds that training may take; [training] budget_s where that is less.",
)
@click.option(
    "--memory",
    type=click.IntRange(min=LEAST_MIB),
    help="MiB that it may take; without it half of the box's memory.",
)
@click.option("--here", is_flag=True, help="In this process, at its priority and without a cap on memory.")
@json_option
def command(station: Path, who: str, budget: float, memory: int | None, here: bool, as_json: bool) -> None:
    """Fine-tune the station's champion on what was labelled since, with old items replayed beside it.

    Runs in a process of its own at the lowest priority and with a cap on its memory. Classes that the champion never saw
    get rows of their own; where it cannot learn on, a network is trained anew and the reason said. The candidate is
    checked as one of `train` is; `qc-station models` shows it beside the champion, and `promote` lets it decide.
    """
    if here:
        finish(retrained(station, who, budget, as_json), as_json)
        return
    from qc_station.learning.apart import run_apart, usual_memory_mib

    cap = memory or usual_memory_mib()
    note(f"retraining in a process of its own at the lowest priority, with at most {cap} MiB")
    arguments = ("retrain", "--station", str(station.absolute()), "--who", who, "--budget", str(budget), "--here")
    with ends_by_signal():
        code, result = run_apart(arguments, cap)
    if code:
        # The process has said why on stderr.
        if as_json:
            finish(result, as_json)
        click.get_current_context().exit(code)
    finish(result, as_json)


def retrained(station: Path, who: str, budget: float, as_json: bool) -> dict[str, Any]:
    """Learn on and publish."""
    import msgspec

    from qc_station.bundles import FOLDER
    from qc_station.cli.train import summary
    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.learning.apart import is_out_of_memory, memory_refused
    from qc_station.store import Store

    config = load_station(station)
    chosen = msgspec.structs.replace(config.training, budget_s=min(budget, config.training.budget_s))
    config = msgspec.structs.replace(config, training=chosen)
    try:
        from qc_station.learning.retraining import retrain
        from qc_station.learning.training import publish
    except ImportError as error:
        raise ConfigError(f"training needs the package {error.name!r}: pip install 'qc-station[train]'") from error
    try:
        with Store.open(station) as store:
            # What nobody has labelled teaches nothing, and there may be far more of it.
            items = [store.load(entry) for entry in store.entries(("train", "val", None)) if entry.labels]
        champion = known(station)
        note(champion if isinstance(champion, str) else f"learning on from champion {champion.about.bundle[:12]}")
        with Progress(as_json) as progress:
            found = retrain(config, items, champion, progress, who=who)
        candidate = publish(found.trained, station / FOLDER)
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise memory_refused(error) from error
    return found.summary() | summary(candidate)


def known(station: Path) -> "Parameters | str":
    """The champion's parameters, or why there are none."""
    from qc_station.bundles import FOLDER
    from qc_station.champion.record import read_champions
    from qc_station.errors import ParametersError
    from qc_station.learning.parameters import read_parameters

    reign = read_champions(station).champion
    if reign is None:
        return "the station has no champion yet; training anew"
    try:
        return read_parameters(station / FOLDER / reign.folder, reign.bundle)
    except ParametersError as error:
        return f"{error}; training anew"
