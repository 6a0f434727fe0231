"""Has anything like this part been seen before: distances, p-values, and what both are worth on a class that was left out.

Three nouns. `distances.Distances` says how far the windows of one stream lie from the training windows, in one layer.
`conformal.Conformal` turns a score into a p-value by held-out items. `novelty.Novelty` joins both for every stream and
for all that are present; it holds buffers only and is exported with the network. `fitting.fit_novelty` makes one,
`leaving_out.leave_out` measures one.
"""
