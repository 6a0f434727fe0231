"""Whether a stream still brings what it brought: a test of exchangeability on its p-values of novelty.

Every part leaves a p-value of novelty for each of its streams. They are ranked among those before them (`ranks.py`), which
makes them exactly uniform and independent while nothing changes; bets on these ranks (`betting.py`) then gain nothing, and
what they gain is evidence of a change (`detector.py`). `stream.py` holds the two questions that are asked of a stream: is it
still what it was when this bundle began, and is it like the validation items of its training. `reference.py` finds the
latter, `watch.py` follows a station's stored decisions, `state.py` is the file that spares it reading them all again.
"""
