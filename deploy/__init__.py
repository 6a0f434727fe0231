"""From a trained network to a box: export, parity, bundle, runtime.

`export` and `parity` need torch; `bundle` and `runtime` never import it, so that a box that only inspects stays small.
"""
