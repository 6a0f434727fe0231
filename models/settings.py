"""How a training runs: what a person may choose, with defaults that need no choice."""

from dataclasses import dataclass, field

from models.adjustment import PathSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a training runs."""

    seed: int = 0
    """Seeds initialisation, order, augmentation and dropout."""
    epochs: int | None = None
    """Passes over the items; None: chosen from their number."""
    budget_s: float = 600.0
    """Wall-clock limit in seconds; fewer epochs are planned where it would not do."""
    energy_wh: float | None = None
    """Limit on the processor's energy in watt hours, by its own counter; None: none."""
    batch: int | None = None
    """Items of one forward pass; None: 64, or 32 for fewer than 2000 items."""
    accumulation: int = 1
    """Batches whose gradients make one step: that of one batch of all their items. Two things are of each batch by itself:
    in training the statistics of encoders that normalize by their batch (waveform and image), and the agreement between
    streams, which contrasts the items of a batch."""
    weighting: str = "fixed"
    """File name in models/weighting."""
    paths: dict[str, PathSettings] = field(default_factory=dict)
    """By path (a stream's name or "shared"); defaults where not named."""
    average: float = 0.03
    """Horizon of the running average of the parameters, as a share of all steps."""
    patience: int | None = None
    """Epochs without a better validation loss after which training ends; None: half of the plan, at least 8."""
    window: int = 8
    """Epochs over which a steady state is looked for."""
    threshold: float = 0.0
    """Cumulative training loss at or under which training ends; 0: never."""
    judged: bool = True
    """Whether the validation loss may end the training, or choose an earlier epoch."""
    drop_stream: float = 0.15
    """Modality dropout: chance that a stream of a multi-stream item is taken away for one step (ModDrop: Neverova et al. 2016,
    arXiv:1501.00102); that an item keeps at least one is our own."""
