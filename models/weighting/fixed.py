"""Fixed priorities: the default."""

from models.weighting.base import Measured, Weighting


class Fixed(Weighting):
    """w_i = p_i: what people said matters, unchanged.

    Losses are divided by their no-skill value, so that a 2 means twice as important. Choose it first: with Adam on
    normalized losses the other weightings seldom beat it clearly (Kurin et al. 2022, arXiv:2201.04122), and it costs
    nothing.
    """

    def weights(self, measured: Measured) -> dict[str, float]:
        """The priorities."""
        return self.importance(measured.losses)
