"""What a sensor promises to deliver."""

from dataclasses import dataclass

KINDS = ("waveform", "image", "series")
"""The three kinds that ship; a further kind needs an encoder of that name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One sensor's flow of samples."""

    name: str
    """Unique in a station; letters, digits and underscore."""
    kind: str
    """waveform, image or series: how the samples are to be understood."""
    shape: tuple[int, ...]
    """Shape of one sample: (channels,) for waveform and series, (height, width) for image."""
    nominal_rate_hz: float | None
    """Samples a second; None for a sensor that reports when it likes."""
    units: tuple[str, ...]
    """One UCUM unit per channel, e.g. ("kOhm", "kOhm", "Cel"); "1" where it has none; one for a whole image."""
