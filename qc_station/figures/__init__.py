"""Figures about decisions, in numpy alone so that a box without the training packages can measure itself."""
