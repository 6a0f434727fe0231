"""Eight-bit counts: an ordinary monochrome camera, or the picture of a thermal camera after its gain control."""

from sensors.pixels.counts import Counts

PIXELS = Counts(name="gray8", fourcc="GREY", dtype="uint8")
