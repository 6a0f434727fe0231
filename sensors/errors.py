"""The root of the product's exceptions, and those of the sensors.

QCError
 +-- SensorError
 |    +-- SensorNotFoundError   at connect
 |    +-- SensorReadError       in operation; the reader may try again
 +-- BundleError                deploy: digest, self-test, streams
 +-- InputError                 deploy: a window that the runtime cannot take
 +-- ConfigError                qc_station: key path, value, what is allowed
 +-- ManifestError              qc_station: file, row, value
 +-- StoreError                 qc_station: the station's own database and files
 |   +-- PartKnownError         a trigger for a part that has a row already
 |   +-- DiskFullError          nothing more can be written
 +-- ChampionError              qc_station: a gate that fails, or the record of champions
 +-- ParametersError            qc_station: a network that cannot learn on
 +-- RetrainingError            qc_station: a retraining that was killed or refused memory
"""


class QCError(Exception):
    """Anything that the product reports to a person in one clear line."""


class SensorError(QCError):
    """A sensor that cannot do what its stream declares."""


class SensorNotFoundError(SensorError):
    """The device is not there; raised when a driver opens."""


class SensorReadError(SensorError):
    """The device was there and failed; raised while reading."""
