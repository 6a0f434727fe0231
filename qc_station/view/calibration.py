"""What a calibrated view writes into a stream's table."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from qc_station.config.geometry import view_faults
from qc_station.config.station import StreamConfig
from qc_station.errors import ConfigError
from qc_station.view.view import View


def values(
    name: str,
    stream: StreamConfig,
    size: tuple[int, ...],
    *,
    corners: Sequence[tuple[float, float]] | None = None,
    region: Sequence[int] | None = None,
) -> dict[str, Any]:
    """The keys of one of both, and the size of the sensor's frame where the table does not say it yet.

    Args:
        name: Of the stream.
        stream: Its table.
        size: Rows and columns of a frame as the sensor delivers it.
        corners: Four points; None where there is a region.
        region: x, y, width, height; None where there are corners.

    Returns:
        By key; None for what is to be taken out.

    Raises:
        ConfigError: the frame has another size than the table says.
    """
    rows, columns = size
    keys: dict[str, Any] = {
        "region": None if region is None else list(region),
        "corners": None if corners is None else [list(map(float, point)) for point in corners],
    }
    if (rows, columns) == stream.sensor_size:
        return keys
    if stream.sensor_height is not None or stream.region is not None or stream.corners is not None:
        told = " x ".join(map(str, stream.sensor_size[::-1]))
        raise ConfigError(f"streams.{name}: a frame of {columns} x {rows} (width x height); station.toml says {told}")
    return keys | {"sensor_height": rows, "sensor_width": columns}


def seen_as(name: str, stream: StreamConfig, keys: Mapping[str, Any]) -> View:
    """The view that a stream has with these keys.

    Raises:
        ConfigError: they are not allowed.
    """
    changed = msgspec.convert(msgspec.to_builtins(stream) | dict(keys), StreamConfig)
    if faults := view_faults(f"streams.{name}", changed):
        raise ConfigError("; ".join(faults))
    return View.of(changed)
