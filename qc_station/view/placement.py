"""Place and moment at which every stream of a station sees a part."""

from dataclasses import replace

import numpy as np

from qc_station.align.rate import Rate
from qc_station.align.rules import StreamRule, rules_from
from qc_station.align.snapshot import Snapshot, Window
from qc_station.align.stamper import Stamper
from qc_station.config.station import BeltConfig, StationConfig, StreamConfig
from qc_station.view.applied import Applied
from qc_station.view.belt import Encoder, travel_ns
from qc_station.view.carried import Carried
from qc_station.view.view import View
from sensors.readings import Reading

KEPT_NS = 60_000_000_000
"""Counts of the encoder that are held, where a deadline does not ask for more."""


class Placement:
    """Stands around an aligner: gives it its rules, takes the encoder's counts, finishes its snapshots.

    With a belt of constant speed a stream's window is shifted by a constant. With an encoder every part has a shift of
    its own, and the encoder's readings are handed to `takes` instead of the aligner, in the same order as all others.
    """

    def __init__(self, station: StationConfig) -> None:
        """Of a station that was loaded, and so has no fault."""
        self._streams, self._belt = station.inspecting, station.belt
        self._deadline_ns = round(station.deadline_ms * 1e6)
        self._views = {name: View.of(stream) for name, stream in self._streams.items() if stream.kind == "image"}
        self.encoder = _encoder(station.belt, self._deadline_ns)
        """Of the belt; None where it has a speed or there is none."""
        encoder_stream = station.streams.get(station.belt.encoder or "")
        self._channel = _channel(station)
        self._stamper = _stamper(station.belt.encoder, encoder_stream)
        self._encoder_late_ns = round(encoder_stream.offset_ms * 1e6) if encoder_stream else 0
        self.rules: dict[str, StreamRule] = {
            name: self._carried(name, rule) for name, rule in rules_from(self._streams).items()
        }
        """How the aligner cuts each stream."""

    def takes(self, reading: Reading) -> bool:
        """Take a reading of the encoder; False for one of another stream, which belongs to the aligner.

        Only the last count of a reading is used: it is the one whose time is known, by the encoder's own clock where it
        has one.
        """
        if self.encoder is None or self._stamper is None or reading.stream != self._belt.encoder:
            return False
        if not reading.count:
            return True
        time_ns = self._stamper.stamp(reading).time_ns - self._encoder_late_ns
        count = float(reading.data[-1, self._channel])
        if np.isfinite(count):
            self.encoder.push(time_ns, reading.session, count)
        else:
            self.encoder.counters["not_finite"] += 1
        return True

    def lost(self, stream: str, samples: int) -> bool:
        """Count samples of the encoder that never came here; False for those of another stream."""
        if self.encoder is None or stream != self._belt.encoder:
            return False
        self.encoder.counters["inbox"] += samples
        return True

    def seen(self, snapshot: Snapshot) -> Snapshot:
        """The snapshot as the station learns and decides from it: frames become windows; what was applied is noted.

        To be called before more counts are taken: what the encoder knew when the part was cut is what is noted.
        """
        windows = {name: self._seen(name, window, snapshot.time_ns) for name, window in snapshot.windows.items()}
        return replace(snapshot, windows=windows)

    def _seen(self, name: str, window: Window, time_ns: int) -> Window:
        view = self._views.get(name)
        bent = view is not None and not view.identity
        applied = Applied(
            offset_ns=round(self._streams[name].offset_ms * 1e6),
            position_mm=self._streams[name].position_mm,
            travel_ns=self._travel_ns(name, time_ns),
            sensor_size=view.sensor if view and bent else None,
            outline=view.outline if view and bent else None,
        )
        return replace(window, data=view.apply(window.data) if view else window.data, applied=applied)

    def _travel_ns(self, name: str, time_ns: int) -> int:
        """How much later than the trigger the part stood at the sensor."""
        position_mm = self._streams[name].position_mm
        if not position_mm:
            return 0
        if self._belt.speed_mm_s is not None:
            return travel_ns(position_mm, self._belt.speed_mm_s)
        there_ns = self.encoder.arrival_ns(time_ns, position_mm) if self.encoder else None
        # A stream has a window only where the encoder knew it.
        return there_ns - time_ns if isinstance(there_ns, int) else 0

    def _carried(self, name: str, rule: StreamRule) -> StreamRule:
        position_mm = self._streams[name].position_mm
        if not position_mm:
            return rule
        if self.encoder is None:
            return replace(rule, offset_ns=rule.offset_ns + self._travel_ns(name, 0))
        carried = Carried(
            policy=rule.policy,
            encoder=self.encoder,
            position_mm=position_mm,
            offset_ns=rule.offset_ns,
            longest_ns=self._deadline_ns,
        )
        return replace(rule, policy=carried)


def _encoder(belt: BeltConfig, deadline_ns: int) -> Encoder | None:
    if belt.encoder is None or belt.encoder_mm_per_count is None:
        return None
    return Encoder(
        mm_per_count=belt.encoder_mm_per_count,
        bits=belt.encoder_bits,
        gap_ns=round(belt.encoder_gap_s * 1e9),
        keep_ns=max(KEPT_NS, 4 * deadline_ns),
    )


def _stamper(name: str | None, config: StreamConfig | None) -> Stamper | None:
    """Says when the encoder counted, as it is said of every other stream."""
    if name is None or config is None:
        return None
    return Stamper(config.stream(name), Rate.of(config.rate_hz) if config.rate_hz else None)


def _channel(station: StationConfig) -> int:
    """Index of the channel that counts."""
    stream = station.streams.get(station.belt.encoder or "")
    named = station.belt.encoder_channel
    return stream.channels.index(named) if stream and named else 0
