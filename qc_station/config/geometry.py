"""What part of a camera's frame may become the window."""

from itertools import pairwise

from qc_station.config.station import Point, StreamConfig

LEAST_AREA = 4.0
"""Square pixels of the smallest four-sided figure that still shows something."""


def view_faults(path: str, stream: StreamConfig) -> list[str]:
    """What is wrong with the frame, the region and the corners of an image stream.

    Args:
        path: Of the stream's table, with which each line begins.
        stream: The table, with height and width.
    """
    faults = []
    if (stream.sensor_height is None) != (stream.sensor_width is None):
        absent = "sensor_width" if stream.sensor_width is None else "sensor_height"
        faults.append(f"{path}.{absent} is missing; allowed: sensor_height and sensor_width, or neither")
    if stream.region is not None and stream.corners is not None:
        faults.append(f"{path}.corners: there is a region, too; allowed: at most one of region and corners")
    rows, columns = stream.sensor_size
    if stream.region is not None:
        faults += [f"{path}.region = {list(stream.region)}: {why}" for why in _region(stream.region, rows, columns)]
    if stream.corners is not None:
        shown = [list(point) for point in stream.corners]
        faults += [f"{path}.corners = {shown}: {why}" for why in _corners(stream.corners, rows, columns)]
    return faults


def _region(region: tuple[int, int, int, int], rows: int, columns: int) -> list[str]:
    x, y, width, height = region
    if width < 1 or height < 1:
        return [f"{width} x {height} pixels; allowed: [x, y, width, height] with at least 1 x 1"]
    if x < 0 or y < 0 or x + width > columns or y + height > rows:
        return [
            f"reaches from {x}, {y} to {x + width}, {y + height}; allowed: inside the frame of {columns} x {rows} "
            "(width x height)"
        ]
    return []


def _corners(corners: tuple[Point, Point, Point, Point], rows: int, columns: int) -> list[str]:
    # Asked this way round so that NaN is outside.
    outside = [list(point) for point in corners if not (0 <= point[0] <= columns and 0 <= point[1] <= rows)]
    if outside:
        return [f"{outside[0]} is outside; allowed: x from 0 to {columns} and y from 0 to {rows}"]
    if area(corners) < LEAST_AREA:
        # The signed area of an anticlockwise figure is negative.
        return [
            f"encloses {area(corners):g} square pixels; allowed: {LEAST_AREA:g} or more, clockwise from the top left "
            "of the part"
        ]
    if not convex(corners):
        return ["not convex; allowed: four corners of which none lies within or on a line with the others"]
    return []


def area(corners: tuple[Point, ...]) -> float:
    """Square pixels that a figure encloses; negative where its points run anticlockwise as one sees them."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise((*corners, corners[0]))) / 2.0


def convex(corners: tuple[Point, ...]) -> bool:
    """Whether a figure turns clockwise at every point, by a sine of more than a thousandth."""
    sides = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise((*corners, corners[0]))]
    return all(
        a[0] * b[1] - a[1] * b[0] > 1e-3 * (a[0] ** 2 + a[1] ** 2) ** 0.5 * (b[0] ** 2 + b[1] ** 2) ** 0.5
        for a, b in pairwise((*sides, sides[0]))
    )
