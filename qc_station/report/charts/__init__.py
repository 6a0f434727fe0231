"""Inline SVG: a kind of picture a file. Colours are the page's own, so that light, dark and paper all suit."""
