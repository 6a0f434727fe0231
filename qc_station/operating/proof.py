"""Thresholds from the costs, tightened until the rate of escapes is proved.

Learn then Test (Angelopoulos, Bates, Candes, Jordan and Lei 2021, arXiv 2110.01052) with fixed-sequence testing: the
thresholds of PASS are tried from the strictest to that of the costs, each by the exact binomial test of "escapes are
more than allowed", and the last one before the first that fails is taken. A looser threshold never misses less, so the
first false hypothesis is the only one that can be rejected by mistake, however many are tried; hence choosing and
proving on the same parts errs with at most 1 - confidence. The last threshold is the one that lets as many bad units
pass as `most_misses` allows.

The units are groups: parts of one group, such as a lot or a gas cycle, are not independent. A group of bad parts
escapes where any of its bad parts passes, which is the harder promise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qc_station.figures.rates import Bounded, bounded, most_misses, needed, percent
from qc_station.operating.held import Held
from qc_station.verdict import Policy

MARGIN = 1e-5
"""The threshold keeps so far from the first bad part that must not pass: two machines may differ by so much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """One rate, counted twice."""

    groups: Bounded
    """Groups with at least one such part, among the groups that could have one."""
    parts: Bounded
    """Parts; its bound would hold if all of them were independent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What held-out parts prove, or why they do not."""

    max_escape: float
    """Largest rate of escapes that was asked for."""
    confidence: float
    """How surely."""
    proved: bool
    """Whether the promise holds for `passes`."""
    why_not: str
    """In words; "" where it is proved."""
    passes: float
    """PASS at or below it; negative where no part may pass."""
    rejects: float
    """REJECT at or above it."""
    by_costs: tuple[float, float]
    """The same two by the costs alone."""
    grouped: bool
    """Whether some group has more than one part, so that groups and parts are not the same."""
    allowed: int
    """Misses that so many bad groups may have; -1 where not even none proves the rate."""
    misses: int
    """Those that the costs' own threshold lets pass."""
    enough: int
    """Bad groups without a miss that prove the rate."""
    more: int
    """Further labelled bad groups that the proof needs, none of them missed; 0 where it is proved."""
    rates: dict[str, Counted]
    """escape (bad parts that pass), overkill (good parts that are rejected), review (good parts that people look at)."""

    @property
    def unit(self) -> str:
        """What was counted, for people."""
        return "groups" if self.grouped else "parts"

    @property
    def promise(self) -> str:
        """E.g. "escapes at most 1 % at 95 %: 0 of 312 parts"."""
        seen = self.rates["escape"].groups
        words = f"escapes at most {percent(self.max_escape)} at {percent(self.confidence)}"
        return f"{words}: {seen.count} of {seen.total} {self.unit}"


def prove(held: Held, policy: Policy, max_escape: float, confidence: float) -> Proof:
    """Set the thresholds and say what is proved of them.

    Args:
        held: Parts that the bundle was not made with.
        policy: The costs.
        max_escape: Largest share of bad parts that may pass, between 0 and 1.
        confidence: How surely, between 0 and 1.

    Raises:
        ValueError: a share that lies not between 0 and 1.
    """
    units, by_costs = bad_units(held), policy.thresholds()
    allowed, enough = most_misses(len(units), max_escape, confidence), needed(0, max_escape, confidence)
    # Where nothing can be proved the rates of the costs' own thresholds are shown.
    most = float(tightened(units, allowed, by_costs[0])) if allowed >= 0 else by_costs[0]
    passes, rejects = policy.thresholds(most)
    grouped = len(np.unique(held.group)) < len(held.group)
    rates, misses = rates_of(held, passes, rejects, confidence), int((units <= by_costs[0]).sum())
    why_not = _obstacle(held, rates, allowed, tight=passes < by_costs[0])
    wanted = enough if allowed < 0 else needed(misses, max_escape, confidence) if passes < by_costs[0] else 0
    return Proof(
        max_escape=max_escape,
        confidence=confidence,
        proved=not why_not,
        why_not=why_not,
        passes=passes,
        rejects=rejects,
        by_costs=by_costs,
        grouped=grouped,
        allowed=allowed,
        misses=misses,
        enough=enough,
        more=max(0, wanted - len(units)) if why_not else 0,
        rates=rates,
    )


def bad_units(held: Held) -> NDArray[np.float64]:
    """The smallest threshold that lets a part of each group of bad parts pass, shape (groups,); infinite for none."""
    bad = ~held.good
    lets_pass = np.where(held.may_pass & np.isfinite(held.bad), held.bad, np.inf)[bad]
    names, owner = np.unique(held.group[bad], return_inverse=True)
    units = np.full(len(names), np.inf)
    np.minimum.at(units, owner, lets_pass)
    return units


def tightened(units: NDArray[np.float64], allowed: int, most: float) -> NDArray[np.float64]:
    """The largest threshold of PASS that misses no more units than are allowed.

    Args:
        units: What `bad_units` gives, shape (..., units): one sample, or many at once.
        allowed: Units that may be missed, 0 or more.
        most: The threshold of the costs.

    Returns:
        Shape (...); below `MARGIN` under the first unit that must not pass, negative where that is as good as certain.
    """
    if allowed >= units.shape[-1]:
        return np.full(units.shape[:-1], most)
    first: NDArray[np.float64] = np.partition(units, allowed, axis=-1)[..., allowed]
    return np.minimum(first - MARGIN, most)


def rates_of(held: Held, passes: float, rejects: float, confidence: float) -> dict[str, Counted]:
    """Escape, overkill and review under two thresholds.

    Args:
        held: The parts.
        passes: PASS at or below it.
        rejects: REJECT at or above it.
        confidence: Of the bounds.
    """
    passing, rejected = held.may_pass & (held.bad <= passes), held.may_reject & (held.bad >= rejects)
    found = {
        "escape": (passing, ~held.good),
        "overkill": (rejected, held.good),
        "review": (~passing & ~rejected, held.good),
    }
    return {name: _counted(held, seen, among, confidence) for name, (seen, among) in found.items()}


def _counted(held: Held, seen: NDArray[np.bool_], among: NDArray[np.bool_], confidence: float) -> Counted:
    hit = seen & among
    groups, all_groups = (len(np.unique(held.group[which])) for which in (hit, among))
    parts = bounded(int(hit.sum()), int(among.sum()), confidence)
    return Counted(groups=bounded(groups, all_groups, confidence), parts=parts)


def _obstacle(held: Held, rates: dict[str, Counted], allowed: int, *, tight: bool) -> str:
    """Why nothing is proved, in words; "" where something is."""
    escape = rates["escape"].groups
    if allowed < 0:
        return f"{escape} is no proof"
    let_through = int(held.good.sum()) - sum(rates[name].parts.count for name in ("overkill", "review"))
    if let_through or not held.good.any():
        return ""
    if tight:
        return f"a threshold that lets no more than {allowed} of {escape.total} pass lets no good part pass either"
    return "no good part is sure enough to pass at these costs"
