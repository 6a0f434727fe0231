"""The p-values that the validation items of a bundle's training got."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from deploy.bundle import NOVELTY, TRAINING, Bundle
from deploy.errors import BundleError

LOG = logging.getLogger(__name__)


class _Validation(Struct):
    """What is read of the validation record; the rest may change."""

    novelty: dict[str, tuple[float | None, ...]] = {}


class _Record(Struct):
    """What is read of training.json."""

    validation: _Validation


def reference_of(bundle: Path | Bundle) -> dict[str, list[float]]:
    """P-values of validation items by stream, as the bundle's own graph gave them.

    A validation item stands in the table that it is compared with, as does no part; but its p-value is the same
    decreasing function of its score as theirs, and ranks see nothing else.

    Args:
        bundle: The folder of the bundle that decided, or the bundle where it was read already.

    Returns:
        Empty where the bundle is not there, damaged, or without a record: the question is then not asked.
    """
    if isinstance(bundle, Path) and not bundle.exists():
        LOG.warning("drift cannot compare with training: bundle %s is not in %s", bundle.name, bundle.parent)
        return {}
    try:
        record = (bundle if isinstance(bundle, Bundle) else Bundle(bundle)).extras.get(TRAINING)
        validation = msgspec.json.decode(record, type=_Record).validation if record else _Validation()
    except (BundleError, msgspec.DecodeError) as error:
        LOG.warning("drift cannot compare with training: %s", error)
        return {}
    named = {name.partition(":")[2]: values for name, values in validation.novelty.items()}
    return {stream: [p for p in values if p is not None] for stream, values in named.items() if stream}


def p_values(scores: Mapping[str, Any]) -> dict[str, float]:
    """By stream, the p-values among the scores that are stored with a decision."""
    named = {name.partition(":")[2]: p for name, p in scores.items() if name.startswith(f"{NOVELTY}:")}
    return {stream: p for stream, p in named.items() if isinstance(p, float)}
