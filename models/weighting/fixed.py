"""Fixed priorities: the default."""

from models.weighting.base import Measured, Weighting


class Fixed(Weighting):
    """What people said matters, unchanged; with losses divided by their no-skill value a 2 means twice as important."""

    def weights(self, measured: Measured) -> dict[str, float]:
        """The priorities."""
        return {name: self.priorities.get(name, 1.0) for name in measured.losses}
