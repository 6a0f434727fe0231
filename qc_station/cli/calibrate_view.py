"""Say where the part lies in a camera's frame: four corners or a region, drawn for a look and written to station.toml."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from qc_station.cli.output import finish, json_option, note
from qc_station.cli.station import station_option


def numbers(text: str, form: str, kind: type[int] | type[float]) -> tuple[Any, ...]:
    """As many numbers as a form like x,y has names.

    Raises:
        click.BadParameter: there are others than that.
    """
    try:
        found = tuple(kind(word) for word in text.split(","))
    except ValueError:
        found = ()
    if len(found) != len(form.split(",")):
        raise click.BadParameter(f"{text!r}; allowed: {form}")
    return found


def _corners(_ctx: click.Context, _param: click.Parameter, words: tuple[str, ...] | None) -> Any:
    return None if words is None else tuple(numbers(word, "x,y", float) for word in words)


def _region(_ctx: click.Context, _param: click.Parameter, word: str | None) -> Any:
    return None if word is None else numbers(word, "x,y,w,h", int)


@click.command()
@station_option()
@click.option("--stream", required=True, help="Name of the camera's stream.")
@click.option(
    "--frame",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A frame as the camera delivers it (PNG, TIFF, NPY); without it the camera is asked.",
)
@click.option(
    "--corners",
    metavar="X,Y X,Y X,Y X,Y",
    callback=_corners,
    nargs=4,
    help="Corners of the part in pixels, clockwise from its top left.",
)
@click.option("--region", metavar="X,Y,W,H", callback=_region, help="An upright rectangle instead.")
@click.option("--find", is_flag=True, help="Propose the corners of the largest warm figure.")
@click.option("--accept", is_flag=True, help="With --find: write what was proposed.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Draw outline and window as PNG.")
@json_option
def command(
    station: Path,
    stream: str,
    file: Path | None,
    corners: tuple[tuple[float, float], ...] | None,
    region: tuple[int, ...] | None,
    find: bool,
    accept: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Write where the part lies in a camera's frame into station.toml; nothing else in the file is touched.

    Pixels are counted from the frame's top left corner. With --find nothing is written unless --accept is given.
    """
    if (corners is not None) + (region is not None) + find != 1:
        raise click.UsageError("give one of --corners, --region and --find")
    from qc_station.config.editing import calibrate
    from qc_station.config.loading import load_station
    from qc_station.errors import ConfigError
    from qc_station.view.calibration import seen_as, values
    from qc_station.view.finding import find_part
    from qc_station.view.frame import frame_of_file, live_frame

    config = load_station(station)
    table = config.streams.get(stream)
    if table is None or table.kind != "image":
        cameras = [name for name, one in config.streams.items() if one.kind == "image"]
        raise ConfigError(f"--stream {stream!r}; allowed: a stream of kind image, of which there are {cameras}")
    frame = frame_of_file(file) if file else live_frame(config, station, stream)
    outline = find_part(frame) if find else corners
    keys = values(stream, table, frame.shape, corners=outline, region=region)
    view = seen_as(stream, table, keys)
    if out:
        draw(out, frame, view)
    written = accept or not find
    if written:
        today = datetime.now(UTC).strftime("%Y-%m-%d")
        calibrate(station, stream, keys, f"{today} on {file.name if file else 'a live frame'}")
    elif outline:
        words = " ".join(f"{x:g},{y:g}" for x, y in outline)
        note(f"to accept: --corners {words}, or --find --accept")
    shown = f"region {list(region)}" if region else f"corners {[list(point) for point in outline or ()]}"
    text = f"{stream}: {shown} {'written to' if written else 'proposed, not written to'} {station / 'station.toml'}"
    result = {"stream": stream, "written": written, **keys, "window": list(view.window), "preview": out}
    finish(result, as_json, text=text)


def draw(file: Path, frame: Any, view: Any) -> None:
    """The preview as a PNG."""
    from qc_station.errors import CalibrationError
    from qc_station.files import write_atomically
    from qc_station.recordings import png
    from qc_station.view.preview import preview

    try:
        write_atomically(file, png.encode(preview(frame, view)))
    except OSError as error:
        raise CalibrationError(f"--out {file}: cannot be written: {error.strerror}") from error
