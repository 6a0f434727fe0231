"""The sensors of a station, live or replayed, as people and recordings see them."""
