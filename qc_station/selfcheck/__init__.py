"""Whether the arithmetic of training and export is right on this very machine.

A file of `checks` is a group of checks: it binds `measure`, which yields one `Measurement` after another, each an error
that was found and the bound it has to keep. Drivers of other vendors, another processor or another torch may round
otherwise; wrong they must not be.
"""
