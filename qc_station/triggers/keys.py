"""What a person types while parts pass."""

import codecs

from qc_station.triggers.part_names import LONGEST

ENTER, SPACE, ESCAPE = "\r\n", " ", "\x1b"
DELETE, CLEAR = "\x7f\b", "\x15"


class Keys:
    """Space or enter alone is a part without a name; text and enter is a part of that name.

    Backspace takes a character back, Ctrl-U the whole text. Keys that send an escape sequence (arrows) do nothing.
    """

    def __init__(self) -> None:
        """Nothing was typed yet."""
        self._decode = codecs.getincrementaldecoder("utf-8")("ignore")
        self.typed = ""

    def feed(self, data: bytes) -> list[str]:
        """What became a part by these bytes, which came from one read.

        Returns:
            Names; an empty one for a part without.
        """
        parts = []
        # A terminal sends an escape sequence at once; nobody types that fast.
        text = self._decode.decode(data).partition(ESCAPE)[0]
        for key in text:
            if key in ENTER or (key == SPACE and not self.typed):
                parts.append(self.typed.strip())
                self.typed = ""
            elif key in DELETE:
                self.typed = self.typed[:-1]
            elif key in CLEAR:
                self.typed = ""
            elif key.isprintable() and len(self.typed) < LONGEST:
                self.typed += key
        return parts
