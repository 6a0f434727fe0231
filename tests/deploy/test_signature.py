"""A signature says who made a bundle: unsigned, of another key, changed or borrowed ones are refused in one line."""

import json
import stat
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from deploy.bundle import MANIFEST, Bundle
from deploy.errors import BundleError, SignatureError
from deploy.keys import PRIVATE, PUBLIC, fingerprint, make_keys, public_key
from deploy.runtime import Runtime
from deploy.signature import MOST_BYTES, SIGNATURE, require_signature, sign, take_signature
from tests.tiny_bundle import tiny_bundle


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys")
    return tmp_path / "keys"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return Bundle(tiny_bundle(tmp_path / "bundles"))


@pytest.fixture
def signed(bundle: Bundle, keys: Path) -> Bundle:
    sign(bundle, keys / PRIVATE, 7)
    return bundle


def refusal(bundle: Bundle, key: Path, kind: type[Exception] = BundleError) -> str:
    with pytest.raises(kind) as error:
        require_signature(bundle, key)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_signed_bundle_is_accepted_with_its_counter_and_keeps_its_digest(signed: Bundle, keys: Path) -> None:
    found = require_signature(signed, keys / PUBLIC)
    assert (found.counter, found.digest, found.key) == (
        7,
        signed.manifest.digest,
        fingerprint(public_key(keys / PUBLIC)),
    )
    assert Runtime(signed.folder).manifest.digest == signed.manifest.digest == Bundle(signed.folder).manifest.sealed()


def test_an_unsigned_bundle_is_refused(bundle: Bundle, keys: Path) -> None:
    assert refusal(bundle, keys / PUBLIC) == (
        f"bundle {bundle.name} is not signed, and this station requires it; `qc-station sign` does that"
    )


def test_a_signature_by_another_key_is_refused_and_both_are_named(signed: Bundle, keys: Path, tmp_path: Path) -> None:
    _, other = make_keys(tmp_path / "other")
    said = refusal(signed, other)
    assert said.startswith(
        f"bundle {signed.name} is signed by key '{fingerprint(public_key(keys / PUBLIC))}'; required"
    )
    assert fingerprint(public_key(other)) in said


@pytest.mark.parametrize(("field", "value"), [("counter", 8), ("signature", "A" * 86 + "==")])
def test_what_was_changed_in_the_signature_is_seen(signed: Bundle, keys: Path, field: str, value: object) -> None:
    file = signed.folder / SIGNATURE
    file.write_text(json.dumps(json.loads(file.read_text()) | {field: value}))
    assert "its signature or the counter" in refusal(signed, keys / PUBLIC)


def test_another_keys_signature_under_the_required_keys_name_is_seen(signed: Bundle, tmp_path: Path) -> None:
    _, other = make_keys(tmp_path / "other")
    file = signed.folder / SIGNATURE
    file.write_text(json.dumps(json.loads(file.read_text()) | {"key": fingerprint(public_key(other))}))
    assert "its signature or the counter 7 was changed" in refusal(signed, other)


def test_the_signature_of_another_bundle_is_refused(signed: Bundle, keys: Path, tmp_path: Path) -> None:
    other = Bundle(tiny_bundle(tmp_path / "bundles", station="another"))
    (other.folder / SIGNATURE).write_bytes((signed.folder / SIGNATURE).read_bytes())
    assert f"its signature is of bundle '{signed.name}', not of this one" in refusal(other, keys / PUBLIC)


def test_a_signed_bundle_that_was_changed_is_refused_before_the_signature_is_looked_at(signed: Bundle) -> None:
    text = (signed.folder / MANIFEST).read_text()
    (signed.folder / MANIFEST).write_text(text.replace('"tiny"', '"evil"'))
    with pytest.raises(BundleError, match=r"manifest\.json was changed after the bundle was made"):
        Bundle(signed.folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "cannot be read"),
        (b"{}", "cannot be read: Object missing required field"),
        (b" " * (MOST_BYTES + 1), f"has {MOST_BYTES + 1} bytes; at most {MOST_BYTES} are allowed"),
        (b'{"format":2,"digest":"","counter":1,"key":"","signature":""}', "has format 2; this program reads 1"),
        (b'{"digest":"","counter":0,"key":"","signature":""}', "cannot be read"),
    ],
)
def test_a_signature_file_that_is_none_is_refused(bundle: Bundle, keys: Path, content: bytes, said: str) -> None:
    (bundle.folder / SIGNATURE).write_bytes(content)
    assert said in refusal(bundle, keys / PUBLIC)


def test_a_signature_that_is_a_link_is_refused(signed: Bundle, keys: Path, tmp_path: Path) -> None:
    (signed.folder / SIGNATURE).rename(tmp_path / "elsewhere")
    (signed.folder / SIGNATURE).symlink_to(tmp_path / "elsewhere")
    assert "signature.json is a link" in refusal(signed, keys / PUBLIC)


def test_without_a_counter_the_next_after_those_beside_it_is_taken(bundle: Bundle, keys: Path, tmp_path: Path) -> None:
    sign(bundle, keys / PRIVATE, 7)
    other = Bundle(tiny_bundle(tmp_path / "bundles", station="another"))
    assert sign(other, keys / PRIVATE).counter == 8
    assert sign(Bundle(tiny_bundle(tmp_path / "alone")), keys / PRIVATE).counter == 1


def test_a_signature_made_elsewhere_is_taken_to_the_bundle_that_is_here_already(
    signed: Bundle, keys: Path, tmp_path: Path
) -> None:
    here = Bundle(tiny_bundle(tmp_path / "here"))
    take_signature(signed.folder, here.folder)
    take_signature(here.folder, here.folder)
    assert require_signature(here, keys / PUBLIC).counter == 7
    take_signature(tiny_bundle(tmp_path / "unsigned"), here.folder)
    assert require_signature(here, keys / PUBLIC).counter == 7


def test_a_signature_that_cannot_be_written_is_told(
    bundle: Bundle, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SignatureError, match="signature cannot be written: No space left on device"):
        sign(bundle, keys / PRIVATE)
    assert sorted(file.name for file in bundle.folder.iterdir()) == [MANIFEST, "model.onnx", "selftest.npz"]


@pytest.mark.parametrize("counter", [0, -1, 2**53])
def test_a_counter_out_of_range_is_refused(bundle: Bundle, keys: Path, counter: int) -> None:
    with pytest.raises(SignatureError, match=f"counter {counter}; allowed: 1 to"):
        sign(bundle, keys / PRIVATE, counter)
    assert not (bundle.folder / SIGNATURE).exists()


def test_the_private_key_is_its_owners_and_keys_are_never_overwritten(keys: Path) -> None:
    assert stat.S_IMODE((keys / PRIVATE).stat().st_mode) == 0o600
    before = (keys / PRIVATE).read_bytes()
    with pytest.raises(SignatureError, match=r"signing\.key is there already"):
        make_keys(keys)
    assert (keys / PRIVATE).read_bytes() == before


def test_keys_of_another_kind_or_none_are_refused(signed: Bundle, tmp_path: Path) -> None:
    file = tmp_path / "key"
    assert "cannot be read: No such file" in refusal(signed, file, SignatureError)
    file.write_bytes(b"no key")
    assert "is none; allowed: Ed25519PublicKey" in refusal(signed, file, SignatureError)
    exchange = X25519PrivateKey.generate()
    file.write_bytes(exchange.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert "is of another kind; allowed: Ed25519PublicKey" in refusal(signed, file, SignatureError)
    file.write_bytes(exchange.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SignatureError, match="is of another kind; allowed: Ed25519PrivateKey"):
        sign(signed, file)


def test_without_the_package_a_station_that_asks_says_where_to_have_it(
    signed: Bundle, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    assert "pip install qc-station[sign]" in refusal(signed, keys / PUBLIC, SignatureError)
    assert Runtime(signed.folder).manifest.digest == signed.manifest.digest
