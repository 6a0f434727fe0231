"""Write what a bundle's training came to as one HTML page that works offline."""

from pathlib import Path

import click

from qc_station.cli.output import finish, json_option


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
@json_option
def command(bundle: Path, out: Path, as_text: bool, as_json: bool) -> None:
    """Losses, weights, steady state, confusion, ROC, reliability, sensors, neuron sets and provenance of BUNDLE."""
    from deploy.bundle import Bundle
    from qc_station.errors import ConfigError
    from qc_station.files import write_atomically
    from qc_station.report.page import page
    from qc_station.report.terminal import report_text
    from qc_station.report.training import Training

    training = Training.of(Bundle(bundle))
    if as_text:
        finish({"bundle": str(bundle), "text": report_text(training)}, as_json, text=report_text(training))
        return
    content = page(training).encode("utf-8")
    try:
        write_atomically(out, content)
    except OSError as error:
        raise ConfigError(
            f"--out {out}: {error.strerror or error}; name a file in a folder that can be written"
        ) from error
    finish({"bundle": str(bundle), "report": out, "bytes": len(content)}, as_json, text=str(out))
