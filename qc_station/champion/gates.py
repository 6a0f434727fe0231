"""What stands between a candidate and the line: every gate that fails is a reason in words."""

from collections.abc import Mapping
from typing import Any

from deploy.bundle import Manifest
from qc_station.champion.challenge import Compared

PARITY = 1e-5
"""Largest difference of a probability between export and training; as `deploy.parity` holds it."""


def failed_gates(manifest: Manifest, compared: Compared | None) -> tuple[str, ...]:
    """Why a bundle that loads and takes the station's streams should not decide here all the same.

    Args:
        manifest: Of the candidate.
        compared: With the champion on the challenge set; None where there is no champion or no such set.
    """
    return (*_parity(manifest.figures), *_floor(manifest.figures), *(compared.faults if compared else ()))


def _parity(figures: Mapping[str, Any]) -> tuple[str, ...]:
    record = figures.get("parity")
    if isinstance(record, Mapping) and record.get("beside") == "float32":
        return _variant(record)
    found = record.get("max_abs_difference") if isinstance(record, Mapping) else None
    if not isinstance(found, int | float):
        return ("its manifest holds no parity record: nobody has compared the export with the training",)
    # Written so that a NaN fails too.
    if not found <= PARITY:
        return (f"its export differs from its training by {found:.3g}; at most {PARITY:g} is allowed",)
    return ()


def _variant(record: Mapping[str, Any]) -> tuple[str, ...]:
    """A bundle in smaller arithmetic has other numbers, but not one other verdict; see `qc_station.smaller`."""
    flipped, items = record.get("flipped"), record.get("items")
    if flipped == 0 and isinstance(items, int) and items > 0:
        return ()
    return (f"in smaller arithmetic {flipped} of {items} verdicts are others; allowed: none of 1 or more",)


def _floor(figures: Mapping[str, Any]) -> tuple[str, ...]:
    floor = figures.get("floor")
    if isinstance(floor, Mapping) and floor.get("beaten") is False:
        return (str(floor.get("message", "the network does not beat the floor")),)
    return ()
