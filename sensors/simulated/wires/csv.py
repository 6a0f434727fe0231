"""Lines of numbers, as Arduino sketches print them."""

from sensors.readings import Samples


class CsvEncoder:
    """One line of decimals for each sample, CR LF as Serial.println() ends it; the wire of `sensors.protocols.csv`."""

    header = b""

    def __init__(self, decimals: int = 3) -> None:
        """Args: decimals: Places behind the point, as many as the sketch prints."""
        self._decimals = decimals

    def chunks(self, data: Samples, device_ns: int) -> list[bytes]:  # noqa: ARG002
        """A line for each sample; NaN is printed as such a sketch prints it, `nan`."""
        return [",".join(f"{value:.{self._decimals}f}" for value in sample).encode() + b"\r\n" for sample in data]
