"""Show how one part of a recording was aligned: every stream on one time axis, with windows, skew and gaps."""

from pathlib import Path

import click

from qc_station.cli.output import finish, json_option
from qc_station.cli.station import station_option


@click.command()
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--part", help="Name of the part; without it the first.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Also draw it, e.g. part.png.")
@click.option("--around", type=click.FloatRange(min=0.01), default=1.0, show_default=True, help="Seconds on each side.")
@station_option("Cut by this station's configuration instead of the recorded one.", required=False, or_file=True)
@json_option
def command(
    recording: Path, part: str | None, out: Path | None, around: float, station: Path | None, as_json: bool
) -> None:
    """Run RECORDING through the aligner as it ran live, and show one part."""
    from qc_station.config.loading import load_station
    from qc_station.pictures.part import aligned_part
    from qc_station.pictures.text import text_of

    config = None if station is None else load_station(station)
    found = aligned_part(recording, part, config, round(around * 1e9))
    if out is not None:
        from qc_station.pictures.alignment import draw, save

        save(draw(found), out)
    windows = {
        name: {
            "start_ms": (window.start_ns - found.snapshot.time_ns) / 1e6,
            "shape": list(window.data.shape),
            "missing": window.missing,
            "skew_ms": window.skew_ns / 1e6,
            "uncertainty_ms": window.uncertainty_ns / 1e6,
            "shared": window.shared,
            "applied": window.applied.as_json() if window.applied else None,
        }
        for name, window in found.snapshot.windows.items()
    }
    reasons = {name: str(reason) for name, reason in found.snapshot.reasons.items()}
    result = {"part": found.snapshot.part, "reasons": reasons, "windows": windows, "picture": out}
    finish(result, as_json, text=text_of(found))
