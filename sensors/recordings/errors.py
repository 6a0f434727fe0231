"""What goes wrong while recording."""

from sensors.errors import SensorError


class RecordingError(SensorError):
    """A recording that cannot be written: the disk is full, the folder cannot be used, the stream is not declared."""
