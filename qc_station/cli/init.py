"""Make a station from a manifest: streams, kinds, rates and shapes are read off its files."""

from pathlib import Path

import click

from qc_station.cli.output import finish, json_option, note


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--from",
    "manifest",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A manifest.csv whose files show what the streams are.",
)
@json_option
def command(folder: Path, manifest: Path, as_json: bool) -> None:
    """Write FOLDER/station.toml, with a comment at every key, for the streams of a manifest.

    A station that is there is not overwritten.
    """
    from qc_station.config.station import StationConfig
    from qc_station.config.writing import check_free, write_station
    from qc_station.manifest.inference import infer

    # Asked before the files are read, which may take a while.
    check_free(folder)
    inference = infer(manifest)
    for line in inference.notes:
        note(f"look at this: {line}")
    station = StationConfig(name=folder.resolve().name, streams=inference.streams, ok_classes=inference.ok_classes)
    file = write_station(folder, station)
    shapes = {name: list(stream.window_shape) for name, stream in station.streams.items()}
    lines = [f"  {name}: {station.streams[name].kind} of {shape} per part" for name, shape in shapes.items()]
    text = "\n".join([f"wrote {file} with {len(shapes)} streams", *lines])
    finish({"station": folder, "config": file, "streams": shapes, "notes": inference.notes}, as_json, text=text)
