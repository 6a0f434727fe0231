"""Signs the digest of a bundle with Ed25519 (Bernstein, Duif, Lange, Schwabe, Yang 2011; RFC 8032) and checks it.

The signature stands in a file of its own beside the manifest, so that the digest, which names the bundle, stays what it
is. Signed together with the digest is a counter that only rises: a station that remembers the highest that it has run
can refuse older bundles, although they were signed in good order.

Keys, and with them the package `cryptography`, are needed only where a signature is made or required.
"""

import os
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from deploy.bundle import Bundle
from deploy.errors import BundleError, SignatureError
from deploy.files import read_plain
from deploy.keys import cryptography, fingerprint, private_key, public_key

SIGNATURE = "signature.json"
MOST_BYTES = 4096
"""Of signature.json."""
FORMAT = 1
MOST_COUNTER = 2**53 - 1


class Signature(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What signature.json holds."""

    format: int = FORMAT
    """Layout of this file."""
    digest: str
    """Of the manifest that was signed."""
    counter: Annotated[int, Meta(ge=1, le=MOST_COUNTER)]
    """Higher than that of every bundle that was signed before it."""
    key: str
    """Fingerprint of the public key."""
    signature: bytes
    """64 bytes over digest and counter."""


def sign(bundle: Bundle, key_file: Path, counter: int | None = None) -> Signature:
    """Sign a bundle, beside whose manifest the signature is written; an older one is replaced.

    Args:
        bundle: Whole and unchanged.
        key_file: Private key.
        counter: None: one more than the highest of the bundles in the same folder.

    Raises:
        SignatureError: the key cannot be read, the counter is out of range, or the signature cannot be written.
    """
    key = private_key(key_file)
    number = next_counter(bundle.folder) if counter is None else counter
    if not 1 <= number <= MOST_COUNTER:
        raise SignatureError(f"counter {number}; allowed: 1 to {MOST_COUNTER}")
    digest = bundle.manifest.digest
    made = Signature(
        digest=digest,
        counter=number,
        key=fingerprint(key.public_key()),
        signature=key.sign(_message(digest, number)),
    )
    _place(bundle.folder, made)
    return made


def next_counter(folder: Path) -> int:
    """One more than the highest counter among a bundle and those beside it; signatures are taken at their word."""
    signed = [path.parent for path in folder.absolute().parent.glob(f"*/{SIGNATURE}")]
    return 1 + max((read_signature(one).counter for one in signed), default=0)


def require_signature(bundle: Bundle, key_file: Path) -> Signature:
    """The signature of a bundle, made by the owner of a key over what the bundle holds now.

    Args:
        bundle: Whole and unchanged.
        key_file: Public key of whom is trusted.

    Raises:
        BundleError: it is unsigned, signed by another key, or its signature is of something else.
        SignatureError: the key cannot be read, or `cryptography` is missing.
    """
    key, what = public_key(key_file), f"bundle {bundle.name}"
    if not os.path.lexists(bundle.folder / SIGNATURE):
        raise BundleError(f"{what} is not signed, and this station requires it; `qc-station sign` does that")
    found = read_signature(bundle.folder)
    if found.digest != bundle.manifest.digest:
        raise BundleError(f"{what}: its signature is of bundle {found.digest[:12]!r}, not of this one")
    if found.key != fingerprint(key):
        raise BundleError(f"{what} is signed by key {found.key!r}; required is {fingerprint(key)} ({key_file})")
    try:
        key.verify(found.signature, _message(found.digest, found.counter))
    except cryptography().exceptions.InvalidSignature as error:
        raise BundleError(f"{what}: its signature or the counter {found.counter} was changed") from error
    return found


def read_signature(folder: Path) -> Signature:
    """The signature beside a bundle's manifest, not yet checked.

    Raises:
        BundleError: it is missing, a link, too large, or cannot be understood.
    """
    raw = read_plain(folder, SIGNATURE, MOST_BYTES)
    try:
        found = msgspec.json.decode(raw, type=Signature)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BundleError(f"bundle {folder}: {SIGNATURE} cannot be read: {error}") from error
    if found.format != FORMAT:
        raise BundleError(f"bundle {folder}: {SIGNATURE} has format {found.format}; this program reads {FORMAT}")
    return found


def take_signature(source: Path, target: Path) -> None:
    """Copy the signature of a bundle to the same bundle in another folder; nothing where the source has none.

    A bundle may have come to a station before it was signed elsewhere.

    Raises:
        BundleError: the signature cannot be read.
        SignatureError: it cannot be written.
    """
    if os.path.lexists(source / SIGNATURE) and not target.samefile(source):
        _place(target, read_signature(source))


def _message(digest: str, counter: int) -> bytes:
    """What is signed; its first line keeps a signature from being taken for one over anything else."""
    return f"qc_station bundle {FORMAT}\n{digest}\n{counter}\n".encode()


def _place(folder: Path, signature: Signature) -> None:
    """Write signature.json, whole or not at all."""
    part = folder / f".{SIGNATURE}.part"
    try:
        with part.open("wb") as opened:
            opened.write(msgspec.json.format(msgspec.json.encode(signature), indent=1) + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(folder / SIGNATURE)
    except OSError as error:
        raise SignatureError(f"bundle {folder}: signature cannot be written: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)
