"""The timestamp aligner: readings and triggers in, one snapshot per part out; pure and pulled, no thread, clock or I/O.

A `Reading` is stamped by its stream's clock (`clock.py`) and held as an `Entry` in a `Buffer`; a `Track` is one
stream's buffer with its books (`ledger.py`). A `Policy` says what is cut from a track for a part and when nothing more can come
(`policies/`, one file each). A `Lane` puts track, policy and offset of a stream together and answers with a window and
a reason. The `Aligner` holds the open parts and emits each exactly once, in the order of their times. All times are
integer nanoseconds of CLOCK_MONOTONIC.
"""
