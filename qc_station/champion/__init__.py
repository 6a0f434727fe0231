"""The champion of a station: the bundle that decides, how it came to that, and what may take its place.

Nothing here imports torch: a box that only inspects promotes and rolls back.
"""
