"""What the demo writes: one column, or two beside each other when the terminal is wide enough."""
import os
import shutil
import sys
import textwrap

WIDE = 100  # columns from which on two fit beside each other
WIDEST = 128
PLAIN = str.maketrans({"├": "|", "└": "`", "─": "-", "│": "|"})
STYLES = {"title": "1", "bad": "1;31", "good": "1;32", "act": "1;36", "note": "2"}


class Line(str):
    """A line of text in one of the STYLES, or in none."""

    def __new__(cls, text, style=None):
        self = super().__new__(cls, text)
        self.style = style
        return self


class Screen:
    def __init__(self, stream=sys.stdout):
        columns = shutil.get_terminal_size().columns
        self.wide = columns >= WIDE
        self.full = max(40, min(columns - 1, WIDEST if self.wide else 90))
        self.width = (self.full - 3) // 2 if self.wide else self.full  # of one column
        self._stream = stream
        self._colour = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._ascii = "utf" not in (stream.encoding or "").lower()

    def _styled(self, line, width=0):
        text = line.ljust(width)
        if self._ascii:
            text = text.translate(PLAIN).encode("ascii", "replace").decode()
        style = getattr(line, "style", None)
        return f"\033[{STYLES[style]}m{text}\033[0m" if style and self._colour else text

    def _put(self, text):
        self._stream.write(text.rstrip(" ") + "\n")
        self._stream.flush()

    def rows(self, *columns):
        """Puts one list of lines, or two beside each other."""
        if len(columns) == 1:
            for line in columns[0]:
                self._put(self._styled(line))
            return
        left, right = columns
        for row in range(max(len(left), len(right))):
            one = left[row] if row < len(left) else ""
            two = right[row] if row < len(right) else ""
            self._put(f"{self._styled(one, self.width)} {self._styled('│')} {self._styled(two)}")

    def rule(self, title):
        """A line across the screen, with a title in it."""
        self.rows([Line(f"── {title} ".ljust(self.full, "─"), "title")])

    def text(self, text, style=None):
        """A paragraph across the screen."""
        self.rows(wrap(text, self.full, style=style))


def wrap(text, width, label="", style=None, hang=None):
    """Text behind a label; what does not fit goes on below the text, or below what hang says."""
    return [Line(line, style) for line in
            textwrap.wrap(text, width, initial_indent=label, subsequent_indent=hang or " " * len(label),
                          break_on_hyphens=False) or [label]]
