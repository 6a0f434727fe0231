"""The application's branch of the exception tree that `sensors.errors` draws."""

from sensors.errors import QCError


class ConfigError(QCError):
    """A configuration that cannot be used: key path, value, what is allowed."""


class ManifestError(QCError):
    """A manifest or a recording that is refused: file, row, value, what is allowed."""


class StoreError(QCError):
    """The station's database or item files cannot serve."""


class PartKnownError(StoreError):
    """A part whose name another one had before."""


class DiskFullError(StoreError):
    """The disk has no room; what was committed is kept."""


class CalibrationError(QCError):
    """A calibration that refuses to write: what was found, and what is needed."""


class ChampionError(QCError):
    """A bundle that may not become or stay the champion, or a record of champions that cannot serve."""


class RetrainingError(QCError):
    """A retraining that ended without a candidate: out of memory, or stopped."""


class ParametersError(QCError):
    """A network that cannot learn on: what is missing, damaged or of another bundle."""
