"""How the table of buffers has to fit the streams."""

from collections.abc import Mapping

from qc_station.config.station import BuffersConfig, StreamConfig

MIB = 2**20
SAMPLE_BYTES = {"uint8": 1, "int16": 2, "uint16": 2, "int32": 4, "float32": 4}


def buffer_faults(buffers: BuffersConfig, streams: Mapping[str, StreamConfig]) -> list[str]:
    """What is wrong between the `[buffers]` table and the streams: windows that could never be held whole."""
    return [
        f"buffers.stream_mib = {buffers.stream_mib:g}: the samples of one window of stream '{name}' take "
        f"{window_bytes(stream) / MIB:.3g} MiB; allowed: more than that"
        for name, stream in streams.items()
        if window_bytes(stream) > buffers.stream_mib * MIB
    ]


def window_bytes(stream: StreamConfig) -> int:
    """Bytes of one window's samples as the sensor delivers them; of an image, whole frames of the camera."""
    rows, columns = stream.sensor_size
    values = rows * columns if stream.kind == "image" else len(stream.channels)
    return stream.window_length * values * SAMPLE_BYTES.get(stream.sample_type, 1)
