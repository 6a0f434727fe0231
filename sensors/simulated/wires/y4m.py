"""Video without a container to speak of: 16-bit gray frames one after another.

YUV4MPEG2 as FFmpeg writes and reads it (libavformat/yuv4mpegdec.c, yuv4mpegenc.c): a line with the size, the rate as a
fraction and `Cmono16`, then for each frame the line `FRAME` and the pixels row by row, little-endian. Each frame can be
read when its last byte has come, which no container that FFmpeg writes into a pipe allows.
"""

from fractions import Fraction

from sensors.readings import Samples
from sensors.streams import Stream

LARGEST_DENOMINATOR = 1001
"""As of 30000/1001 frames a second."""


class Y4mEncoder:
    """One video of one stream of images, uint16."""

    def __init__(self, stream: Stream) -> None:
        """Args: stream: Of images, with a rate.

        Raises:
            ValueError: no images, or no rate.
        """
        if stream.kind != "image" or not stream.nominal_rate_hz:
            raise ValueError(
                f"stream '{stream.name}' is {stream.kind}, {stream.nominal_rate_hz} Hz; needs images and a rate"
            )
        height, width = stream.shape
        rate = Fraction(stream.nominal_rate_hz).limit_denominator(LARGEST_DENOMINATOR)
        size = f"W{width} H{height} F{rate.numerator}:{rate.denominator}"
        self.header = f"YUV4MPEG2 {size} Ip A1:1 Cmono16\n".encode()

    def chunks(self, data: Samples, device_ns: int) -> list[bytes]:  # noqa: ARG002
        """A frame for each image, shape (frames, height, width), uint16."""
        return [b"FRAME\n" + image.astype("<u2", copy=False).tobytes() for image in data]
