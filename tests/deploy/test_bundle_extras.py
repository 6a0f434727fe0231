"""What a bundle may hold beside its three files: listed, whole and unchanged, or refused; absent is fine."""

import json
from pathlib import Path

import msgspec
import pytest

from deploy.bundle import MANIFEST, OPTIONAL, TRAINING, Bundle, write_bundle
from deploy.errors import BundleError
from deploy.runtime import Runtime

CONTENT = b'{"format": 1, "epochs": []}'


@pytest.fixture
def extended(bundle_folder: Path, tmp_path: Path) -> Path:
    """The session's bundle with a training.json."""
    plain = Bundle(bundle_folder)
    return write_bundle(tmp_path, plain.manifest, plain.model, *plain.selftest(), {TRAINING: CONTENT})


def test_what_is_written_is_read_and_the_bundle_runs(extended: Path) -> None:
    bundle = Bundle(extended)
    assert bundle.extras == {TRAINING: CONTENT}
    assert set(bundle.manifest.files) == {"model.onnx", "selftest.npz", TRAINING}
    assert Runtime(extended).manifest.digest[:12] == extended.name


def test_a_bundle_without_it_still_loads(bundle_folder: Path) -> None:
    assert Bundle(bundle_folder).extras == {}


def test_it_is_part_of_the_digest(extended: Path, bundle_folder: Path) -> None:
    assert extended.name != bundle_folder.name


@pytest.mark.parametrize("changed", [b"", CONTENT[:-1], CONTENT.replace(b"1", b"2")])
def test_truncated_or_changed_is_refused(extended: Path, changed: bytes) -> None:
    (extended / TRAINING).write_bytes(changed)
    with pytest.raises(BundleError, match=rf"training\.json \({len(changed)} bytes\) is truncated or changed"):
        Bundle(extended)


def test_listed_but_missing_is_refused(extended: Path) -> None:
    (extended / TRAINING).unlink()
    with pytest.raises(BundleError, match=r"training\.json cannot be read: No such file"):
        Bundle(extended)


def test_a_link_is_refused(extended: Path, tmp_path: Path) -> None:
    (extended / TRAINING).rename(tmp_path / "elsewhere")
    (extended / TRAINING).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BundleError, match=r"training\.json is a link"):
        Bundle(extended)


def test_one_that_the_manifest_does_not_list_is_not_believed(harmed: Path) -> None:
    (harmed / TRAINING).write_bytes(CONTENT)
    assert Bundle(harmed).extras == {}


@pytest.mark.parametrize("name", ["notes.txt", "../outside", "/etc/passwd", MANIFEST])
def test_a_manifest_that_lists_another_file_is_refused_although_it_is_sealed(harmed: Path, name: str) -> None:
    manifest = Bundle(harmed).manifest
    listed = msgspec.structs.replace(manifest, files={**manifest.files, name: "0" * 64})
    sealed = msgspec.structs.replace(listed, digest=listed.sealed())
    (harmed / MANIFEST).write_bytes(sealed.written())
    with pytest.raises(
        BundleError, match=r"manifest\.json lists .*; allowed: model\.onnx, selftest\.npz, training\.json"
    ):
        Bundle(harmed)


def test_a_file_of_another_name_is_not_written(bundle_folder: Path, tmp_path: Path) -> None:
    plain = Bundle(bundle_folder)
    with pytest.raises(BundleError, match=r"a new bundle lists 'notes\.txt'; allowed: "):
        write_bundle(tmp_path, plain.manifest, plain.model, *plain.selftest(), {"notes.txt": b"x"})
    assert list(tmp_path.iterdir()) == []


def test_the_manifest_names_the_sum_of_every_file(extended: Path) -> None:
    table = json.loads((extended / MANIFEST).read_text(encoding="utf-8"))["files"]
    assert all(len(digest) == 64 for digest in table.values())
    assert set(OPTIONAL) <= set(table)
