"""From labelled items to a candidate bundle; the only part of the application that needs torch, in a process of its own."""
