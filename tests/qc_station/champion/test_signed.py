"""Where signatures are required, only signed bundles become champion, and the way back is a person's own decision."""

import shutil
from pathlib import Path

import msgspec
import pytest

from deploy.bundle import Bundle
from deploy.errors import BundleError
from deploy.keys import PRIVATE, PUBLIC, make_keys
from deploy.signature import sign
from qc_station.champion.loading import deciding_runtime
from qc_station.champion.promotion import promote, roll_back
from qc_station.champion.record import read_champions
from qc_station.config.bundles import BundlesConfig
from qc_station.store import Store
from tests.told_bundle import CONFIG, told_bundle

SIGNED = msgspec.structs.replace(CONFIG, bundles=BundlesConfig(require_signed=PUBLIC))


@pytest.fixture
def station(tmp_path: Path) -> Path:
    Store.open(tmp_path).close()
    make_keys(tmp_path)
    return tmp_path


def champion(station: Path) -> str:
    found = read_champions(station).champion
    return "" if found is None else found.folder


def test_an_unsigned_bundle_is_promoted_once_its_signature_was_brought(station: Path) -> None:
    folder = told_bundle(station / "bundles", 0)
    with pytest.raises(BundleError, match="is not signed, and this station requires it"):
        promote(station, SIGNED, folder, who="ann")
    assert champion(station) == ""
    away = Path(shutil.copytree(folder, station / "stick" / folder.name))
    sign(Bundle(away), station / PRIVATE, 3)
    promote(station, SIGNED, away, who="ann")
    assert champion(station) == folder.name
    assert deciding_runtime(station, SIGNED, folder).bundle.name == folder.name


def test_a_rollback_lets_the_older_one_decide_and_nothing_else_does(station: Path) -> None:
    older, newer = told_bundle(station / "bundles", 0), told_bundle(station / "bundles", 2)
    for folder in (older, newer):
        sign(Bundle(folder), station / PRIVATE)
        promote(station, SIGNED, folder, who="ann", despite="a test")
    with pytest.raises(BundleError, match="ran here before; allowed: a higher one, or `qc-station rollback`"):
        promote(station, SIGNED, older, who="ann", despite="a test")
    assert champion(station) == newer.name
    roll_back(station, SIGNED, who="ann")
    assert champion(station) == older.name
    assert deciding_runtime(station, SIGNED, older).bundle.name == older.name
