"""What a bundle says of the streams that it was trained with."""

import msgspec

from qc_station.bundles import bundle_streams
from qc_station.config.station import StreamConfig
from qc_station.line.simulation import station


def test_a_bundle_holds_what_cuts_recordings_and_no_device_of_this_box() -> None:
    config = station()
    driver = {"type": "serial_array", "port": "/dev/serial/by-id/usb-1", "protocol": "csv"}
    live = {**config.streams, "enose": msgspec.structs.replace(config.streams["enose"], driver=driver)}
    found = bundle_streams(msgspec.structs.replace(config, streams=live))
    assert "usb-1" not in repr(found)
    for name, stream in config.streams.items():
        assert msgspec.convert(found[name].table, StreamConfig) == stream
