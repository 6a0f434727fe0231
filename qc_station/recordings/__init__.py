"""Files that a person can open, as arrays in window layout and back: one file per format.

A format's file binds `SUFFIXES` and `KIND` and defines `describe` and `decode` (`format.py` holds the contract); it is
found by that, no list has to be edited. Whatever is unreadable, cut short or of a sort that no stream takes is refused
with a `ManifestError` that says what was found and what is allowed; where the file stood is added by the caller.
"""
