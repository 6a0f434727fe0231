"""How commands take a bundle: its folder, or its name among a station's bundles; no command of its own."""

from pathlib import Path

import click


def bundle_folder(bundle: Path, station: Path | None) -> Path:
    """The folder of a bundle that a person named.

    Args:
        bundle: A folder, or the name of one in the station's bundles.
        station: The station's folder; None: only a folder will do.

    Raises:
        click.UsageError: it is neither, with where was looked.
    """
    from qc_station.bundles import FOLDER

    if bundle.is_dir():
        return bundle
    if station is None:
        raise click.UsageError(f"no bundle {str(bundle)!r}: no such folder; a name alone needs --station FOLDER")
    folder = station / FOLDER / bundle
    if not folder.is_dir():
        raise click.UsageError(f"no bundle {str(bundle)!r}: neither that folder is there nor {folder}")
    return folder
