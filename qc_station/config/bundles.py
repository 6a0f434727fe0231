"""The `[bundles]` table: which bundles a station runs."""

from typing import Annotated

from msgspec import Meta, Struct


class BundlesConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[bundles]` table: which bundles may decide."""

    require_signed: Annotated[str, Meta(min_length=1)] | None = None
    """File of the public key, from the station's folder on; only bundles signed by it run, and none that is older than
    one that ran before. None: unsigned bundles run."""
