"""The parts of the page: a file each, with one function `section` from a training to what is shown."""
