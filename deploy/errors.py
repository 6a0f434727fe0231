"""Deployment's branch of the exception tree that `sensors.errors` draws."""

from sensors.errors import QCError


class BundleError(QCError):
    """A bundle that must not be used: truncated, tampered with, or built for other streams."""


class InputError(QCError):
    """A window that the runtime cannot take: stream, what came, what was expected."""


class SignatureError(QCError):
    """A key or a signature that cannot be made or read: file, what is allowed, what is missing."""
