"""Make smaller variants of a bundle (fp16, int8), offered where they are faster on this box and decide alike."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from qc_station.cli.bundle import bundle_folder
from qc_station.cli.output import console, finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from rich.table import Table

    from qc_station.smaller import Variant


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@station_option(
    "Whose training items calibrate, whose validation items compare, and whose bundles receive the variants."
)
@json_option
def command(bundle: Path, station: Path, as_json: bool) -> None:
    """Make BUNDLE in fp16 and int8, measure each beside float32, and write those that are faster and never decide otherwise.

    BUNDLE is a folder, or the name of one in the station's bundles. Each variant is a bundle of its own: `qc-station
    operate` proves its own thresholds, and `promote` lets it decide. int8 is calibrated on training items. A kind that
    would end onnxruntime's process is told so. None may be offered; then the reasons are shown and nothing is written.
    """
    from deploy.runtime import Runtime
    from qc_station.bundles import FOLDER
    from qc_station.errors import ConfigError
    from qc_station.store import Store

    try:
        from qc_station.smaller import CALIBRATION, variants
    except ImportError as error:
        raise ConfigError(f"variants need the package {error.name!r}: pip install 'qc-station[train]'") from error
    runtime = Runtime(bundle_folder(bundle, station))
    with Store.open(station) as store:
        learnt, held = (list(store.items(splits=(split,))) for split in ("train", "val"))
    note(f"calibrating on {min(len(learnt), CALIBRATION)} training items, comparing on {len(held)} validation items")
    found = variants(runtime, learnt, held, station / FOLDER, station=station)
    offered = [str(one.folder) for one in found if one.folder is not None]
    if not as_json:
        console(as_json).print(_table(found))
    text = f"offered: {', '.join(offered)}" if offered else "none is offered: float32 goes on deciding"
    result = {"bundle": runtime.bundle.folder, "offered": offered, "variants": [one.as_json() for one in found]}
    finish(result, as_json, text=text)


def _table(found: "list[Variant]") -> "Table":
    """A row for each kind."""
    from rich.markup import escape
    from rich.table import Table

    table = Table("kind", "ms a part", "float32", "largest difference", "verdicts that differ", "offered")
    for one in found:
        if (seen := one.measured) is None:
            table.add_row(one.name, *("-",) * 4, escape("; ".join(one.refused)))
            continue
        figures = (f"{seen.variant_ms:.2f}", f"{seen.original_ms:.2f}", f"{seen.worst:.2g}")
        said = one.folder.name if one.folder else "; ".join(one.refused)
        table.add_row(one.name, *figures, f"{seen.flipped} of {seen.items}", escape(said))
    return table
