"""The chunks of a WAV file; libsndfile reads a cut file without a word, as far as it goes."""

from qc_station.errors import ManifestError


def check_whole(content: bytes) -> None:
    """Refuse a WAV file whose data chunk is shorter than its header says.

    Raises:
        ManifestError: The data chunk is missing or shorter than stated.
    """
    at = 12
    while at + 8 <= len(content):
        name, size = content[at : at + 4], int.from_bytes(content[at + 4 : at + 8], "little")
        if name == b"data":
            if at + 8 + size > len(content):
                raise ManifestError(f"cut short: {len(content) - at - 8} bytes of sound, its header says {size}")
            return
        at += 8 + size + size % 2
    raise ManifestError("cut short: a WAV file without a data chunk")
