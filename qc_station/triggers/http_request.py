"""What a client may say about a part."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from qc_station.triggers.part_names import name_fault

LONGEST_BODY = 4096
"""Bytes of a body."""
OLDEST_MS = 60_000.0
"""A part that stood in front of the sensors longer ago is no news: their samples are gone."""


class TriggerRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of `POST /trigger`; an empty body is one without fields."""

    part: str | None = None
    """Identity of the part; None: it gets a name."""
    age_ms: Annotated[float, Meta(ge=0.0, le=OLDEST_MS)] = 0.0
    """How long ago the part was there when the request was sent, in milliseconds."""


def decode_request(body: bytes) -> TriggerRequest:
    """Read a body.

    Args:
        body: A JSON object, UTF-8, or nothing.

    Raises:
        ValueError: saying what is wrong with it.
    """
    try:
        request = msgspec.json.decode(body or b"{}", type=TriggerRequest)
    # RecursionError: some thousand opening brackets.
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(
            f'{error}; allowed: {{"part": "...", "age_ms": 12.5}}, age_ms from 0 to {OLDEST_MS:.0f}, or nothing'
        ) from error
    if request.part is not None and (fault := name_fault(request.part)):
        raise ValueError(fault)
    return request
