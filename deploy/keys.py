"""Keys that sign bundles: a pair of Ed25519 in two files.

Only this file imports the package `cryptography`, and only on use: a box that asks for no signature need not have it.
"""

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deploy.errors import SignatureError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

MOST_BYTES = 4096
"""Of a key's file."""
PRIVATE, PUBLIC = "signing.key", "signing.pub"
"""File names of a pair: PEM, PKCS #8 without a password and SubjectPublicKeyInfo."""


def make_keys(folder: Path) -> tuple[Path, Path]:
    """Write a new pair of keys; the private one is readable by its owner alone.

    Returns:
        The private and the public file.

    Raises:
        SignatureError: there are keys already, the folder cannot be written, or `cryptography` is missing.
    """
    files = folder / PRIVATE, folder / PUBLIC
    for file in files:
        if os.path.lexists(file):
            raise SignatureError(f"{file} is there already; a key that is overwritten cannot be had back")
    serialization = cryptography().hazmat.primitives.serialization
    key = _ed25519().Ed25519PrivateKey.generate()
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content, mode in zip(files, (private, public), (0o600, 0o644), strict=True):
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
            with os.fdopen(handle, "wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
    except OSError as error:
        raise SignatureError(f"{folder}: keys cannot be written: {error.strerror}") from error
    return files


def fingerprint(key: "Ed25519PublicKey") -> str:
    """The first 16 characters of the SHA-256 of a public key, for people to compare."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def private_key(file: Path) -> "Ed25519PrivateKey":
    """A private key from its file; see `make_keys`.

    Raises:
        SignatureError: the file cannot be read or is of another kind.
    """
    load = cryptography().hazmat.primitives.serialization.load_pem_private_key
    key: Ed25519PrivateKey = _key(file, lambda content: load(content, password=None), "Ed25519PrivateKey")
    return key


def public_key(file: Path) -> "Ed25519PublicKey":
    """A public key from its file; see `make_keys`.

    Raises:
        SignatureError: the file cannot be read or is of another kind.
    """
    load = cryptography().hazmat.primitives.serialization.load_pem_public_key
    key: Ed25519PublicKey = _key(file, load, "Ed25519PublicKey")
    return key


def _key(file: Path, load: Any, kind: str) -> Any:
    wanted = f"allowed: {kind} as PEM, without a password; `qc-station keys` makes a pair"
    try:
        with file.open("rb") as opened:
            key = load(opened.read(MOST_BYTES))
    except OSError as error:
        raise SignatureError(f"key {file} cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, cryptography().exceptions.UnsupportedAlgorithm) as error:
        raise SignatureError(f"key {file} is none; {wanted}") from error
    if not isinstance(key, getattr(_ed25519(), kind)):
        raise SignatureError(f"key {file} is of another kind; {wanted}")
    return key


def cryptography() -> Any:
    """The package, or `SignatureError` with where to have it from."""
    try:
        import cryptography as package
        import cryptography.exceptions
        import cryptography.hazmat.primitives.serialization
    except ImportError as error:
        raise SignatureError(
            "signatures need the package cryptography; `pip install qc-station[sign]` brings it"
        ) from error
    return package


def _ed25519() -> Any:
    cryptography()
    from cryptography.hazmat.primitives.asymmetric import ed25519

    return ed25519
