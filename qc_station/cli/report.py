"""Write what a bundle's training came to as one HTML page that works offline."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from qc_station.cli.output import finish, json_option, note
from qc_station.cli.station import station_option

if TYPE_CHECKING:
    from deploy.bundle import Bundle
    from qc_station.report.training import Training


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("report.html"),
    show_default=True,
    help="File to write; an older one is replaced.",
)
@click.option("--text", "as_text", is_flag=True, help="Print the essentials and the neuron sets instead of a page.")
@click.option(
    "--leave-out",
    is_flag=True,
    help="Train without each class of defects in turn, and add how surely its parts look novel; needs --station.",
)
@station_option("With --leave-out: the station whose items are learnt from.", required=False)
@json_option
def command(bundle: Path, out: Path, as_text: bool, leave_out: bool, station: Path | None, as_json: bool) -> None:
    """Losses, weights, steady state, confusion, ROC, reliability, sensors, neuron sets and provenance of BUNDLE.

    With --leave-out also what its novelty is worth on a defect that nobody has seen: one training for each class.
    """
    from deploy.bundle import Bundle
    from qc_station.errors import ConfigError
    from qc_station.files import write_atomically
    from qc_station.report.page import page
    from qc_station.report.terminal import report_text
    from qc_station.report.training import Training

    if leave_out != (station is not None):
        raise click.UsageError("--leave-out and --station DIR go together: it learns from the station's items")
    loaded = Bundle(bundle)
    training, result = Training.of(loaded), {"bundle": str(bundle)}
    if station is not None:
        training, measured = with_left_out(training, loaded, station)
        result |= measured
    if as_text:
        finish({**result, "text": report_text(training)}, as_json, text=report_text(training))
        return
    content = page(training).encode("utf-8")
    try:
        write_atomically(out, content)
    except OSError as error:
        raise ConfigError(
            f"--out {out}: {error.strerror or error}; name a file in a folder that can be written"
        ) from error
    finish({**result, "report": out, "bytes": len(content)}, as_json, text=str(out))


def with_left_out(training: "Training", bundle: "Bundle", station: Path) -> "tuple[Training, dict[str, Any]]":
    """The training with the measurement in its record, and the measurement for programs."""
    from qc_station.bundles import bundle_streams
    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.store import Store

    if training.record.novelty is None:
        raise ConfigError(f"bundle {bundle.name} does not judge novelty, so there is nothing to measure; train again")
    config = load_station(station)
    bundle.require_streams(bundle_streams(config))
    try:
        from qc_station.learning.leaving_out import leave_out_defects
    except ImportError as error:
        raise ConfigError(f"training needs the package {error.name!r}: pip install 'qc-station[train]'") from error
    with Store.open(station) as store:
        items = list(store.items(splits=("train", "val", None)))
    found = leave_out_defects(config, items, note)
    same = found.data_digest == bundle.manifest.provenance.get("data_digest")
    for words in (
        *found.refused,
        *(() if same else ("the station's items are not those that the bundle learnt from",)),
    ):
        note(f"look at this: {words}")
    measured = {"left_out": found.rows, "not_left_out": found.refused, "same_items": same}
    return training.with_left_out(found.rows), measured
