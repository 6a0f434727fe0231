"""Where and when each sensor sees a part.

A `View` turns a camera's frames into the window of the part, `Belt` and `Encoder` say when a part that has passed the
trigger stands at a sensor, and `Placement` does both for the streams of a station. What was done is an `Applied`, which
goes with the window. The commands calibrate both: `finding.py` and `preview.py` on a frame, `qc_station.sync` in time.
"""
