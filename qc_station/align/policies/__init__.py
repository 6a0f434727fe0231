"""What is cut from a stream for a part, one policy a file.

`Interval` takes a stretch by count, `Nearest` a frame within a tolerance, `AsOf` the last complete window before the
part, `Interpolate` values between neighbours on a grid. `policy.py` says what every policy answers.
"""
