"""What a check of this machine's arithmetic found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One error with the bound that it has to keep."""

    name: str
    """What was computed, and what it was held against."""
    error: float
    """Largest difference, in the unit that `name` says; infinite where the check could not be made."""
    bound: float
    """Largest error that is allowed."""
    detail: str = ""
    """Why the check could not be made; empty where it was."""

    @property
    def passed(self) -> bool:
        """Whether the error is within its bound; one that is no number is not."""
        return self.error <= self.bound
