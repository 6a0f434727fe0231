"""What the configuration says about cutting a stream, as the aligner takes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qc_station.align.policies.as_of import AsOf
from qc_station.align.policies.interpolate import Interpolate
from qc_station.align.policies.interval import Interval
from qc_station.align.policies.nearest import Nearest
from qc_station.align.policies.policy import Policy
from qc_station.align.rate import SECOND_NS, Rate
from qc_station.config.station import StreamConfig
from qc_station.errors import ConfigError
from sensors.streams import Stream

BY_KIND = {"waveform": "interval", "image": "nearest", "series": "as_of"}
"""The policy of a kind where the configuration names none; a further kind has to name one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRule:
    """How one stream is cut."""

    stream: Stream
    """What its driver delivers."""
    policy: Policy
    """What is cut for a part."""
    offset_ns: int = 0
    """How much later this stream sees a part than the trigger says."""
    required: bool = True
    """Whether a part waits for it."""


def rules_from(streams: Mapping[str, StreamConfig]) -> dict[str, StreamRule]:
    """The rule of every stream of a station.

    Args:
        streams: The `[streams.NAME]` tables.

    Returns:
        By stream name, in the same order.

    Raises:
        ConfigError: a policy that the stream cannot have, with the key and what is allowed.
    """
    return {name: _rule(name, config) for name, config in streams.items()}


def _rule(name: str, config: StreamConfig) -> StreamRule:
    chosen = config.policy or BY_KIND.get(config.kind)
    if chosen is None:
        raise ConfigError(f"streams.{name}.policy: missing for kind '{config.kind}'; choose one of {sorted(MAKERS)}")
    return StreamRule(
        stream=config.stream(name),
        policy=MAKERS[chosen](name, config),
        offset_ns=round(config.offset_ms * 1e6),
        required=config.required,
    )


def _interval(name: str, config: StreamConfig) -> Policy:
    return Interval(rate=_rate(name, config), before_ns=_ns(config.before_s), length=_length(name, config))


def _nearest(name: str, config: StreamConfig) -> Policy:
    return Nearest(tolerance_ns=_ns(config.tolerance_s), length=_length(name, config))


def _as_of(name: str, config: StreamConfig) -> Policy:
    period_ns = Rate.of(config.rate_hz).span_ns(1) if config.rate_hz else 0
    return AsOf(length=_length(name, config), max_age_ns=_ns(config.max_age_s), period_ns=period_ns)


def _interpolate(name: str, config: StreamConfig) -> Policy:
    return Interpolate(
        rate=_rate(name, config),
        before_ns=_ns(config.before_s),
        length=_length(name, config),
        max_gap_ns=_ns(config.tolerance_s),
    )


MAKERS: dict[str, Callable[[str, StreamConfig], Policy]] = {
    "interval": _interval,
    "nearest": _nearest,
    "as_of": _as_of,
    "interpolate": _interpolate,
}
"""What makes a policy from a stream's table, by the name that `policy` gives."""


def _rate(name: str, config: StreamConfig) -> Rate:
    if not config.rate_hz or config.rate_hz <= 0:
        raise ConfigError(f"streams.{name}.rate_hz: {config.rate_hz}; its policy needs a rate above 0")
    return Rate.of(config.rate_hz)


def _length(name: str, config: StreamConfig) -> int:
    if config.window_length < 1:
        raise ConfigError(f"streams.{name}: a window of {config.window_length} samples; at least 1 is needed")
    return config.window_length


def _ns(seconds: float) -> int:
    return round(seconds * SECOND_NS)
