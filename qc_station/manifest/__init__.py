"""Recordings of other people: a manifest.csv and the files that it names, checked and cut into items.

`table.py` reads the CSV, `structure.py` refuses what no row may have, `recording.py` reads one file for one stream,
`cutting.py` cuts long recordings, `reading.py` puts these together, `inference.py` guesses the streams from the files.
A structural fault refuses the whole manifest; a bad file refuses its row alone, and all of them are reported at once.
"""
