"""Operating points: thresholds whose escape rate is proved on parts that the bundle was not made with.

`Held` are such parts as the line's own rule sees them, `prove` sets the thresholds, `ProvedPoint` is the proof on disk
beside the bundle, and `policy_of` is what the line asks for. Numpy alone.
"""
