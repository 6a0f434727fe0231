"""From a bundle's folder to what may decide at a station."""

from pathlib import Path

from deploy.runtime import Runtime
from qc_station.bundles import bundle_streams
from qc_station.config.station import StationConfig
from qc_station.operating.point import policy_of
from qc_station.trust import trusted_runtime


def deciding_runtime(station: Path, config: StationConfig, folder: Path, *, rollback: bool = False) -> Runtime:
    """A bundle that the station trusts, that takes what its sensors deliver, and whose operating point can be read.

    Args:
        station: Folder of the station.
        config: Of the station.
        folder: The bundle.
        rollback: Whether a person goes back to it, see `qc_station.trust`.

    Raises:
        BundleError: it is not whole, not trusted, or for other streams.
        SignatureError: signatures cannot be checked.
        ConfigError: its operating point cannot be trusted.
    """
    runtime = trusted_runtime(station, config, folder, rollback=rollback)
    runtime.bundle.require_streams(bundle_streams(config))
    policy_of(station, runtime.manifest)
    return runtime
