"""Networks and the trainer of the cumulative loss; a library on arrays that knows no station.

The six stages of the method, each under its name:

1. **Injection** (`injection`): each stream enters with its structure intact; an item may lack streams and labels.
2. **Advancement** (`encoders`, `neurons`, `network`): an encoder per stream, then hidden neurons that are dedicated to one
   stream, overlapping two or more, or shared by all.
3. **Discrepancy** (`tasks`, `losses`): every input-output pair, a `Task`, has its own loss.
4. **Integration** (`weighting`): one weighted total; a `Weighting` may tune itself.
5. **Adjustment** (`adjustment`): an optimiser, schedule and clip per path, exact accumulation, a running average.
6. **Recurrence** (`recurrence`, `trainer`): again until a steady state, or the budget ends.

A new kind of signal is one file in `encoders`, a new loss one in `losses`, a new weighting one in `weighting`:
the file's name is its registration.
"""
