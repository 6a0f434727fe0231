"""How the belt's table has to fit the streams."""

from collections.abc import Mapping

from qc_station.config.station import BeltConfig, StreamConfig


def belt_faults(belt: BeltConfig, streams: Mapping[str, StreamConfig]) -> list[str]:
    """What is wrong between the `[belt]` table and the streams, each line beginning with a key's path."""
    faults = []
    if belt.speed_mm_s is not None and belt.encoder is not None:
        faults.append(f"belt.speed_mm_s = {belt.speed_mm_s}: there is an encoder, too; allowed: at most one of them")
    if (belt.encoder is None) != (belt.encoder_mm_per_count is None):
        absent = "encoder" if belt.encoder is None else "encoder_mm_per_count"
        faults.append(f"belt.{absent} is missing; allowed: encoder and encoder_mm_per_count, or neither")
    if belt.encoder_mm_per_count == 0:
        faults.append("belt.encoder_mm_per_count = 0; allowed: any other number")
    if belt.encoder is not None:
        faults += _encoder_faults(belt, streams)
    elif belt.speed_mm_s is None:
        faults += [
            f"streams.{name}.position_mm = {stream.position_mm}: no belt; allowed: 0, or [belt] with speed_mm_s or encoder"
            for name, stream in streams.items()
            if stream.position_mm
        ]
    return faults


def _encoder_faults(belt: BeltConfig, streams: Mapping[str, StreamConfig]) -> list[str]:
    encoder = streams.get(belt.encoder or "")
    if encoder is None or encoder.kind != "series":
        series = [name for name, stream in streams.items() if stream.kind == "series"]
        return [f"belt.encoder = {belt.encoder!r}; allowed: a stream of kind series, of which there are {series}"]
    faults = []
    if belt.encoder_channel is not None and belt.encoder_channel not in encoder.channels:
        allowed = ", ".join(encoder.channels)
        faults.append(f"belt.encoder_channel = {belt.encoder_channel!r}; allowed for {belt.encoder}: {allowed}")
    if encoder.position_mm:
        faults.append(f"streams.{belt.encoder}.position_mm = {encoder.position_mm}; allowed: 0, it counts the belt")
    if len(streams) == 1:
        faults.append(f"belt.encoder = {belt.encoder!r}: the only stream; allowed: one beside the sensors of the part")
    return faults
