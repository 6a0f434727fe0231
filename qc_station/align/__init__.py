"""The timestamp aligner: readings and triggers in, one snapshot per part out; pure and pulled, no thread, clock or I/O.

On the way in, an `Inlet` puts the readings of a stream in order (`intake.py`; counts that wrap: `counter.py`) and gives
them to its `Track`: the `Stamper` says when each was taken, by device time (`device_time.py`), by sample count or by
arrival, the first two through the `Clock` and its trimmed line (`fit.py`); a `Buffer` holds them as `Entry`, a `Ledger`
keeps the books, `Uses` what has served a part, and `Closed` the times for which parts have waited in vain. On the way
out, a `Policy` says what is cut from a track for a part and when nothing more can come (`policies/`, one file each). A
`Lane` puts track, policy and offset of a stream together and answers with a window and a reason. The `Aligner` holds
the parts that are `Waiting`, each with the `Plan` that was in force when it was triggered, and emits each exactly once,
in the order of their times; when something happens though nothing comes, `wake_ns` says. All times are integer
nanoseconds of CLOCK_MONOTONIC.
"""
