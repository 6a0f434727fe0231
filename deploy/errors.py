"""Deployment's branch of the exception tree that `sensors.errors` draws."""

from sensors.errors import QCError


class BundleError(QCError):
    """A bundle that must not be used: truncated, tampered with, or built for other streams."""


class InputError(QCError):
    """A window that the runtime cannot take: stream, what came, what was expected."""
