"""The tables of station.toml with their defaults; every field says meaning, unit and special value."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from qc_station.config.bundles import BundlesConfig
from qc_station.config.training import Count, NotNegative, Positive, TrainingConfig
from sensors.streams import Stream
from sensors.supervision.declared import Declared

Point = tuple[float, float]
Names = Annotated[tuple[Annotated[str, Meta(min_length=1)], ...], Meta(min_length=1)]


class StreamConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One `[streams.NAME]` table: the sensor's samples and the window that is cut for a part."""

    kind: str
    """waveform, image or series."""
    channels: Names = ("1",)
    """Channel names of a waveform or series, in the order of the file's columns."""
    rate_hz: Positive | None = None
    """Samples a second; required for a waveform, None for a sensor that reports when it likes."""
    unit: str | None = None
    """UCUM unit of every channel, "1" for full scale and counts; None: the driver's, "1" without a driver."""
    dtype: str | None = None
    """Sample type; None: the driver's, float32 without a driver.

    int16, int32 or float32 for a waveform, uint8, uint16 or float32 for an image, float32 for a series.
    """
    window_s: Positive | None = None
    """Length of a waveform window in seconds."""
    hop_s: Positive | None = None
    """Step between windows of one long recording in seconds; None: one window length."""
    window_steps: Count | None = None
    """Length of a series window in steps, or frames of an image window (default 1)."""
    hop_steps: Count | None = None
    """Step between windows of one long recording in steps or frames; None: one window length."""
    height: Count | None = None
    """Image rows."""
    width: Count | None = None
    """Image columns."""
    sensor_height: Count | None = None
    """Rows of the camera's own frame; None: as many as height."""
    sensor_width: Count | None = None
    """Columns of the camera's own frame; None: as many as width."""
    region: tuple[int, int, int, int] | None = None
    """Part of the camera's frame that becomes the window: [x, y, width, height] in pixels; None: the whole frame."""
    corners: tuple[Point, Point, Point, Point] | None = None
    """Four points [x, y] of the camera's frame that become the corners of the window: clockwise from the top left.

    In pixels from the frame's top left corner, so that the middle of the first pixel is [0.5, 0.5].
    """
    required: bool = True
    """Whether a part may pass without this stream."""
    level_normalization: bool = False
    """Divide each window by its own level inside the network, so that loudness (or contrast) alone decides nothing."""
    augment: tuple[str, ...] | None = None
    """Names of the kind's training augmentations; None: the kind's defaults, []: none."""
    policy: Literal["interval", "nearest", "as_of", "interpolate"] | None = None
    """How the live window is cut around a trigger; None: interval for waveform, nearest for image, as_of for series."""
    before_s: NotNegative = 0.0
    """Live interval window: how long before the trigger it starts, in seconds."""
    tolerance_s: NotNegative = 0.1
    """Live nearest window: largest distance of a frame from the trigger, in seconds, inclusive."""
    max_age_s: NotNegative = 60.0
    """Live as_of window: oldest usable cycle, in seconds."""
    offset_ms: float = 0.0
    """How much later this stream sees the part than the trigger says, in milliseconds."""
    position_mm: float = 0.0
    """Where the sensor stands along the belt, in millimetres after the trigger (negative: before it); see [belt]."""
    driver: dict[str, Any] | None = None
    """What reads the live sensor: type (`qc-station sensors --list` names them) and the options of that driver."""

    @property
    def window_shape(self) -> tuple[int, ...]:
        """Shape of one part's window: (channels, samples), (frames, height, width) or (channels, steps)."""
        if self.kind == "image":
            return (self.window_steps or 1, self.height or 0, self.width or 0)
        return (len(self.channels), self.window_length)

    @property
    def window_length(self) -> int:
        """Samples, steps or frames of one window."""
        if self.kind == "waveform":
            return round((self.window_s or 0.0) * (self.rate_hz or 0.0))
        return self.window_steps or 1

    @property
    def hop_length(self) -> int:
        """Samples, steps or frames from one window to the next of a long recording."""
        if self.kind == "waveform" and self.hop_s is not None:
            return round(self.hop_s * (self.rate_hz or 0.0))
        return self.hop_steps or self.window_length

    @property
    def sensor_size(self) -> tuple[int, int]:
        """Rows and columns of the camera's own frame."""
        return (self.sensor_height or self.height or 0, self.sensor_width or self.width or 0)

    @property
    def sample_type(self) -> str:
        """The sample type of windows, where nothing is said of it: float32."""
        return self.dtype or "float32"

    def declared(self, name: str) -> Declared:
        """What the sensor has to deliver, which for an image is the camera's own frame."""
        image = self.kind == "image"
        return Declared(
            name=name,
            kind=self.kind,
            shape=self.sensor_size if image else (len(self.channels),),
            rate_hz=self.rate_hz,
            units=None if self.unit is None else (self.unit,) * (1 if image else len(self.channels)),
            dtype=self.dtype,
        )

    def stream(self, name: str) -> Stream:
        """The same without what only the driver knows."""
        return self.declared(name).agreed(None)


class CostsConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[costs]` table; only the ratios matter."""

    escape: NotNegative = 10.0
    """A bad part that passes."""
    overkill: NotNegative = 1.0
    """A good part that is rejected."""
    review: NotNegative = 0.5
    """A person who has to look."""


class VerdictsConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[verdicts]` table: what else than costs decides."""

    novelty_p: Annotated[float, Meta(ge=0, lt=1)] = 0.01
    """A part that at most such a share of known parts would be as strange as goes to REVIEW; 0: none does."""


class BeltConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[belt]` table: how a part comes from the trigger to a sensor that stands `position_mm` after it."""

    speed_mm_s: Positive | None = None
    """Speed of a belt that never stops and never changes, in millimetres a second."""
    encoder: str | None = None
    """Instead of a speed: name of the series stream that counts how far the belt has moved."""
    encoder_channel: str | None = None
    """Channel of that stream; None: its first."""
    encoder_mm_per_count: float | None = None
    """Millimetres from one count to the next; negative where a belt that runs forward counts down."""
    encoder_bits: Annotated[int, Meta(ge=8, le=24)] | None = None
    """Bits of a counter that begins again at 0; None: it never does."""
    encoder_gap_s: Positive = 0.5
    """Longest time between two counts of which the place of a part may still be taken, in seconds."""


class BuffersConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The `[buffers]` table: what the line may hold in memory; what goes beyond it is counted with its reason."""

    stream_mib: Positive = 64.0
    """Most memory for the readings of one stream, in MiB, the overhead of each included; the oldest go first."""
    stream_s: Positive = 60.0
    """Most seconds of one stream; never less than its window, history_s and the deadline need."""
    history_s: NotNegative = 5.0
    """How late a trigger may come and still find its data, in seconds."""
    reorder_ms: NotNegative = 0.0
    """How long a reading waits for those that it has overtaken, in milliseconds; 0: until the line looks again."""
    open_parts: Count = 64
    """Parts that may wait at once; with one more the oldest is decided as it stands, with twice as many triggers are
    refused."""
    inbox_mib: Positive = 256.0
    """Most memory for readings of all streams that came while the line was busy, in MiB; further ones are dropped."""


class StationConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole station.toml."""

    name: str
    """Name of the station, for people."""
    streams: dict[str, StreamConfig]
    """The sensors by name."""
    ok_classes: Names = ("ok",)
    """Classes of `label` that mean a good part."""
    deadline_ms: Positive = 500.0
    """How long after a trigger a live decision may take, in milliseconds."""
    trigger: dict[str, Any] | None = None
    """What says that a part is in front of the sensors: type (timer, http, serial, onset, keyboard or recording) and
    the options of that type."""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    """How the station learns."""
    costs: CostsConfig = field(default_factory=CostsConfig)
    """What a wrong decision costs; sets the two thresholds of the verdict."""
    verdicts: VerdictsConfig = field(default_factory=VerdictsConfig)
    """What sends a part to REVIEW whatever it costs."""
    belt: BeltConfig = field(default_factory=BeltConfig)
    """What carries a part from sensor to sensor; without a speed or an encoder all see it at the trigger."""
    buffers: BuffersConfig = field(default_factory=BuffersConfig)
    """What the live line may hold in memory."""
    bundles: BundlesConfig = field(default_factory=BundlesConfig)
    """Which bundles may decide."""

    @property
    def inspecting(self) -> dict[str, StreamConfig]:
        """The streams that say something about a part: all but the belt's encoder."""
        return {name: stream for name, stream in self.streams.items() if name != self.belt.encoder}
