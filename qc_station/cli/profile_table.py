"""Where a training's time and memory went, as a table."""

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.table import Table

    from models.profile import Profile


@contextmanager
def profiled(wanted: bool) -> "Iterator[Profile | None]":
    """An open profile, if one is wanted."""
    if not wanted:
        yield None
        return
    from models.profile import Profile

    with Profile() as profile:
        yield profile


def stages(profile: "Profile") -> dict[str, dict[str, float]]:
    """By stage, the slowest first: seconds, calls, and by how many MB the process's peak rose in it."""
    found = sorted(profile.stages.items(), key=lambda item: -item[1].seconds)
    return {
        name: {"seconds": round(s.seconds, 3), "calls": s.calls, "peak_growth_mb": round(s.peak_growth_bytes / 1e6, 1)}
        for name, s in found
    }


def profile_table(profile: dict[str, Any]) -> "Table":
    """The stages as people read them."""
    from rich.table import Table

    table = Table("stage and path", "seconds", "share", "calls", "ms a call", "peak memory +MB")
    for name, row in profile["stages"].items():
        share = f"{row['seconds'] / profile['seconds']:.1%}"
        each = f"{1e3 * row['seconds'] / row['calls']:.2f}"
        table.add_row(name, f"{row['seconds']:.2f}", share, str(row["calls"]), each, f"{row['peak_growth_mb']:.1f}")
    return table
