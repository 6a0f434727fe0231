"""Sixteen-bit counts of a sensor without calibration.

A sensor with fewer bits, 14 for instance, saturates below the end of the format's range, which goes unnoticed here.
"""

from sensors.pixels.counts import Counts

PIXELS = Counts(name="gray16", fourcc="Y16 ", dtype="uint16")
