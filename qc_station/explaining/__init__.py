"""Why a part was decided as it was: what of its windows the answer hangs on, through the exported graph alone.

Something is taken out of a window and the graph is asked again; what makes the answer fall is what it rests on
(occlusion: Zeiler and Fergus 2014, arXiv:1311.2901). `target.py` says which answer is asked for (a class, or novelty
where that decided) and measures its fall; `sound.py`, `frame.py` and `curves.py` take things out of a waveform, an image
and a series; `explanation.py` asks the graph. For people it is drawn by `picture.py` (its parts are `canvas.py`,
`panels.py`) and written by `text.py`.

An explanation says what the network looked at, not what is wrong with the part: a network that learnt a shortcut shows
the shortcut.
"""
