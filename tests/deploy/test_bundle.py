"""A bundle is whole and unchanged, or it is refused with the reason."""

import os
import stat
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import deploy.bundle
from deploy.bundle import FORMAT, MANIFEST, MODEL, SELFTEST, Bundle
from deploy.errors import BundleError
from deploy.runtime import Runtime
from models.deciding import Deciding
from sensors.errors import QCError
from tests.synthetic import manifest, write_synthetic_bundle

FILES = (MANIFEST, MODEL, SELFTEST)
Exported = tuple[Deciding, bytes]


def test_what_is_written_is_read(bundle_folder: Path, exported: Exported) -> None:
    bundle = Bundle(bundle_folder)
    wanted = msgspec.structs.replace(manifest(), files=bundle.manifest.files, digest=bundle.manifest.digest)
    assert msgspec.json.encode(bundle.manifest) == msgspec.json.encode(wanted)
    assert bundle.model == exported[1]
    inputs, outputs = bundle.selftest()
    assert set(inputs) == {"acoustic", "thermal", "enose", "presence"}
    assert tuple(outputs) == bundle.manifest.outputs
    assert inputs["presence"].dtype == np.bool_


def test_a_bundle_is_named_by_its_digest(bundle_folder: Path) -> None:
    assert bundle_folder.name == Bundle(bundle_folder).name == Bundle(bundle_folder).manifest.sealed()[:12]
    assert sorted(f.name for f in bundle_folder.iterdir()) == sorted(FILES)


def test_the_same_content_has_the_same_name_and_other_content_another(exported: Exported, tmp_path: Path) -> None:
    first = write_synthetic_bundle(tmp_path, *exported)
    assert write_synthetic_bundle(tmp_path, *exported) == first
    assert write_synthetic_bundle(tmp_path, *exported, station="other") != first
    assert len(list(tmp_path.iterdir())) == 2


def test_writing_again_heals_a_bundle_that_was_harmed(exported: Exported, tmp_path: Path) -> None:
    folder = write_synthetic_bundle(tmp_path, *exported)
    (folder / MODEL).write_bytes(b"")
    assert Runtime(write_synthetic_bundle(tmp_path, *exported)).bundle.folder == folder


def test_a_bundle_can_be_read_by_other_users(bundle_folder: Path) -> None:
    assert stat.S_IMODE(bundle_folder.stat().st_mode) & 0o555 == 0o555


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.999])
def test_a_truncated_file_is_refused(harmed: Path, name: str, share: float) -> None:
    whole = (harmed / name).read_bytes()
    (harmed / name).write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(BundleError, match=name):
        Bundle(harmed)


@pytest.mark.parametrize("name", FILES)
@given(share=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_file_with_one_byte_changed_is_refused(bundle_folder: Path, name: str, share: float, flip: int) -> None:
    whole = bytearray((bundle_folder / name).read_bytes())
    whole[int(len(whole) * share)] ^= flip
    with pytest.MonkeyPatch.context() as patch:
        read = deploy.bundle.read_plain
        patch.setattr(deploy.bundle, "read_plain", lambda f, n, most: bytes(whole) if n == name else read(f, n, most))
        with pytest.raises(BundleError, match=rf"bundle .*({name}|format \d+; this program reads {FORMAT})"):
            Bundle(bundle_folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(harmed: Path, name: str) -> None:
    (harmed / name).unlink()
    with pytest.raises(BundleError, match=f"{name} cannot be read: No such file"):
        Bundle(harmed)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read"):
        Bundle(tmp_path / "none")


@pytest.mark.parametrize("name", FILES)
def test_a_link_is_refused_even_to_the_right_content(harmed: Path, tmp_path: Path, name: str) -> None:
    (harmed / name).rename(tmp_path / "elsewhere")
    (harmed / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=f"{name} is a link; a bundle holds plain files only"):
        Bundle(harmed)


@pytest.mark.parametrize("extra", ["", ', "invented_later": [1]'])
def test_another_format_is_refused_by_its_number(harmed: Path, extra: str) -> None:
    text = (harmed / MANIFEST).read_text(encoding="utf-8")
    (harmed / MANIFEST).write_text(text.replace('"format": 1', f'"format": 2{extra}', 1), encoding="utf-8")
    with pytest.raises(BundleError, match="format 2; this program reads 1"):
        Bundle(harmed)


def test_a_manifest_with_a_field_that_no_one_knows_is_refused(harmed: Path) -> None:
    text = (harmed / MANIFEST).read_text(encoding="utf-8")
    (harmed / MANIFEST).write_text(text.replace('"format": 1', '"format": 1, "trust": "me"', 1), encoding="utf-8")
    with pytest.raises(BundleError, match=r"manifest\.json cannot be read: .*trust"):
        Bundle(harmed)


def test_a_promise_that_was_changed_is_refused(harmed: Path) -> None:
    text = (harmed / MANIFEST).read_text(encoding="utf-8")
    (harmed / MANIFEST).write_text(text.replace('"required": true', '"required": false', 1), encoding="utf-8")
    with pytest.raises(BundleError, match=r"manifest\.json was changed after the bundle was made"):
        Bundle(harmed)


def test_bundle_errors_are_the_products_own() -> None:
    assert issubclass(BundleError, QCError)


def test_a_station_with_the_same_streams_and_more_is_accepted(bundle_folder: Path) -> None:
    bundle = Bundle(bundle_folder)
    streams = dict(bundle.manifest.streams)
    bundle.require_streams({**streams, "extra": streams["enose"]})


def test_every_difference_of_streams_stands_in_one_message(bundle_folder: Path) -> None:
    bundle = Bundle(bundle_folder)
    streams = dict(bundle.manifest.streams)
    del streams["thermal"]
    streams["acoustic"] = msgspec.structs.replace(streams["acoustic"], rate_hz=8000.0, dtype="float32")
    streams["enose"] = msgspec.structs.replace(streams["enose"], shape=(3, 9), kind="image")
    with pytest.raises(BundleError, match=f"bundle {bundle.name} was built for other streams") as error:
        bundle.require_streams(streams)
    for part in (
        "needs stream 'thermal', the station has acoustic, enose",
        "stream 'acoustic': dtype int16 in the bundle, float32 in the station",
        "stream 'acoustic': rate_hz 16000.0 in the bundle, 8000.0 in the station",
        "stream 'enose': kind series in the bundle, image in the station",
        "stream 'enose': shape (3, 8) in the bundle, (3, 9) in the station",
    ):
        assert part in str(error.value)


@pytest.mark.parametrize("fails", ["fsync", "rename", "mkdtemp"])
def test_nothing_half_written_is_left_when_writing_fails(
    exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    calls: list[object] = []

    def full(*given: object, **_: object) -> None:
        calls.append(given)
        if fails != "fsync" or len(calls) == 2:
            raise OSError(28, "No space left on device")

    place = {"fsync": (os, "fsync"), "rename": (Path, "rename"), "mkdtemp": (__import__("tempfile"), "mkdtemp")}
    monkeypatch.setattr(*place[fails], full)
    with pytest.raises(BundleError, match="cannot be written: No space left on device"):
        write_synthetic_bundle(tmp_path, *exported)
    assert calls
    assert list(tmp_path.iterdir()) == []


def test_a_parent_that_is_a_file_is_refused(exported: Exported, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BundleError, match="cannot be written"):
        write_synthetic_bundle(tmp_path / "file", *exported)
