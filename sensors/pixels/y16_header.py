"""`y16` of a FLIR Lepton that was told to send its telemetry in the first rows (LEP_TELEMETRY_LOCATION_HEADER)."""

from sensors.pixels.y16 import Y16

PIXELS = Y16(name="y16_header", telemetry_first=True)
