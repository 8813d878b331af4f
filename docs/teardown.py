#!/usr/bin/python3
"""Draws docs/teardown.svg: what fini does between main's exit and its own, and what happens without it.

    python3 docs/teardown.py >docs/teardown.svg
"""
from html import escape

WIDTH, HEIGHT = 1000, 746
LEFT, RIGHT = 150, 980  # of the time axis
LANE, BAR = 46, 26  # from one lane to the next, and the height of a bar

INK, SOFT, LINE, PAPER = "#1f2328", "#59636e", "#d1d9e0", "#fcfcfb"
RUNS, SERVES, INIT, HANGS, FLOW = "#b9d8f6", "#c3e6c4", "#d9d3f3", "#f6c1bd", "#2f6f9f"
BAD, GOOD = "#a40e26", "#116329"

LANES = {  # and what it is
    "PID 1": "fini",
    "main": "your program",
    "client": "has files open",
    "server": "serves the drive",
    "connection": "requests in flight",
    "helper": "the server needs it",
}

OTHERS = ("main", "client", "server", "connection")  # beside PID 1, under another init

# (title, from, to, what happens, at most): the phases of the teardown
PHASES = (
    ("1  clients", 250, 420, "end while their", "server lives", "2 s + 1.5 s"),
    ("2  drain", 420, 515, "requests finish", "images unmount", "1 s"),
    ("3  servers", 515, 672, "in waves: each after its", "supervisor and its users", "3 s"),
    ("4  abort", 672, 762, "what is still", "served", ""),
    ("5  helpers", 762, 852, "what servers", "needed", ""),
    ("6  kill, verify", 852, 940, "who is left", "", "0.5 s"),
)

drawn = []


def put(name, content=None, **attributes):
    given = "".join(f' {key.replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items())
    drawn.append(f"<{name}{given}/>" if content is None else f"<{name}{given}>{escape(content)}</{name}>")


def text(x, y, content, size=13, fill=INK, anchor="start", **attributes):
    put("text", content, x=x, y=y, font_size=size, fill=fill, text_anchor=anchor, **attributes)


def free_text(x, y, content, *given, **attributes):
    """Text that is not in a bar: a line below it is interrupted."""
    text(x, y, content, *given, paint_order="stroke", stroke=PAPER, stroke_width=5, stroke_linejoin="round",
         **attributes)


def title(x, y, content):
    text(x, y, content, 17, font_weight="bold")


def bar(top, lane, start, end, fill, label="", stroke=SOFT, ink=INK, dashed=False):
    y = top + lane * LANE
    extra = {"stroke_dasharray": "4 3"} if dashed else {}
    put("rect", x=start, y=y, width=end - start, height=BAR, rx=4, fill=fill, stroke=stroke, **extra)
    text((start + end) / 2, y + 17, label, 12, ink, "middle")


def arrow(x, top, start, end, label="", side=6, y=None, ink=INK, anchor="start"):
    """Down from one lane to another, with a label beside it."""
    y1, y2 = top + start * LANE + BAR, top + end * LANE
    put("line", x1=x, y1=y1, x2=x, y2=y2 - 6, stroke=ink, stroke_width=1.5)
    put("path", d=f"M {x - 4} {y2 - 8} L {x + 4} {y2 - 8} L {x} {y2 - 1} Z", fill=ink)
    free_text(x + side, y or y1 + 14, label, 12, ink, anchor)


def lanes(top, of):
    for number, (name, note) in enumerate(of.items()):
        y = top + number * LANE
        text(20, y + 12, name, 14, font_weight="bold")
        text(20, y + 26, note, 11, SOFT)
        put("line", x1=LEFT, y1=y + BAR / 2, x2=RIGHT, y2=y + BAR / 2, stroke=LINE)


def phases(top):
    for name, start, end, one, two, most in PHASES:
        put("line", x1=start, y1=top - 66, x2=start, y2=top + 5 * LANE + BAR + 6, stroke=LINE, stroke_dasharray="2 3")
        text(start + 6, top - 54, name, 14, font_weight="bold")
        text(start + 6, top - 37, one, 11, SOFT)
        text(start + 6, top - 23, two, 11, SOFT)
        if most:
            text(start + 6, top - 9, f"at most {most}", 11, SOFT, font_style="italic")


def under_fini(top):
    title(20, top - 92, "Under fini: clients before servers, helpers after them, abort before exit")
    phases(top)
    lanes(top, LANES)
    bar(top, 0, LEFT, 940, INIT)
    text(200, top + 17, "supervises", 12, anchor="middle")
    text(595, top + 17, "tears down", 12, anchor="middle")
    free_text(948, top + 12, "exit:", 12, GOOD, font_weight="bold")
    free_text(948, top + 26, "main's", 11, GOOD)
    free_text(948, top + 39, "status", 11, GOOD)

    bar(top, 1, LEFT, 250, RUNS, "runs")
    text(244, top + LANE + BAR + 13, "exits", 12, SOFT, "end")

    bar(top, 2, LEFT, 402, RUNS)
    text(200, top + 2 * LANE + 17, "runs", 12, anchor="middle")
    text(320, top + 2 * LANE + 17, "ends, closes its files", 12, anchor="middle")
    arrow(262, top, 0, 2, "SIGTERM", y=top + LANE + 17)
    arrow(360, top, 0, 2, "SIGKILL,", y=top + LANE + 10)
    free_text(366, top + LANE + 24, "if needed", 11, SOFT)

    bar(top, 3, LEFT, 640, SERVES)
    text(330, top + 3 * LANE + 17, "lives and answers", 12, anchor="middle")
    text(580, top + 3 * LANE + 17, "ends on its own", 12, anchor="middle")
    for x in (285, 330, 375):
        arrow(x, top, 2, 3, ink=FLOW)
    free_text(388, top + 3 * LANE - 7, "writes, flush, release", 12, FLOW)
    arrow(527, top, 0, 3, "unmount; if busy:", y=top + LANE + 10)
    free_text(533, top + LANE + 24, "SIGTERM, exactly once", 12)

    y = top + 4 * LANE
    put("path", d=f"M {LEFT} {y + 4} L 250 {y + 4} L 275 {y} L 380 {y} L 470 {y + BAR - 2} L 650 {y + BAR - 2} "
                  f"L 650 {y + BAR} L {LEFT} {y + BAR} Z", fill="#cfe6f5", stroke=FLOW)
    text(330, y + 17, "waiting: 3 ...", 12, anchor="middle")
    free_text(478, y + 17, "... 0, and stays 0", 12)
    bar(top, 4, 678, 756, PAPER, "if still there", SOFT, SOFT, dashed=True)
    arrow(682, top, 0, 4, "abort", y=top + LANE + 17)
    free_text(688, top + LANE + 31, "this one only", 11, SOFT)
    free_text(780, y + 17, "gone", 12, GOOD, font_weight="bold")

    bar(top, 5, LEFT, 830, SERVES, "lives as long as the server does")
    arrow(772, top, 0, 5, "SIGTERM", y=top + LANE + 17)


def under_others(top):
    title(20, top - 50, "Under any other init, when the server has a file of its own mount open: "
                        "killed together, and stuck")
    free_text(290, top - 12, "zap_pid_ns_processes(): SIGKILL to all processes", 12, BAD, "start")
    put("line", x1=280, y1=top - 24, x2=280, y2=top + 3 * LANE + BAR + 8, stroke=BAD, stroke_width=1.5,
        stroke_dasharray="6 3")
    lanes(top, {"PID 1": "nothing left to do", **{name: LANES[name] for name in OTHERS}})
    bar(top, 0, LEFT, 280, INIT, "runs, exits after main")
    bar(top, 1, LEFT, 250, RUNS, "runs")
    text(244, top + LANE + BAR + 13, "exits", 12, SOFT, "end")
    bar(top, 2, LEFT, 280, RUNS, "runs")
    bar(top, 3, LEFT, 280, SERVES, "answers")
    bar(top, 4, LEFT, 280, "#cfe6f5", "in use", FLOW)
    for lane, says in ((0, "waits until all others are gone"),
                       (2, "D: its last flush waits for the server; what it wrote is lost"),
                       (3, "D: it has a file of its own mount open, so its exit waits for an answer: its own"),
                       (4, "never ends: the server still has its /dev/fuse open, in the table being closed")):
        bar(top, lane, 280, 925, HANGS, says, BAD)
        free_text(933, top + lane * LANE + 18, "for ever", 12, BAD, font_weight="bold")
    for lane, label in ((0, "waits for both"), (2, "waits for the server")):
        y = top + lane * LANE + BAR
        to = top + (2 if lane == 0 else 3) * LANE
        put("line", x1=600, y1=y, x2=600, y2=to - 6, stroke=BAD, stroke_width=1.5)
        put("path", d=f"M 596 {to - 8} L 604 {to - 8} L 600 {to - 1} Z", fill=BAD)
        text(608, y + 14, label, 12, BAD)
    y = top + 3 * LANE + BAR
    put("path", d=f"M 560 {y} C 560 {y + 17}, 640 {y + 17}, 640 {y + 7}", fill="none", stroke=BAD, stroke_width=1.5)
    put("path", d=f"M 636 {y + 8} L 644 {y + 8} L 640 {y + 1} Z", fill=BAD)
    text(650, y + 14, "waits for itself", 12, BAD)


def main():
    put("rect", x=0.5, y=0.5, width=WIDTH - 1, height=HEIGHT - 1, rx=10, fill=PAPER, stroke=LINE)
    under_fini(122)
    under_others(486)
    text(20, HEIGHT - 14, "time goes from left to right, not to scale; an undisturbed teardown takes tens of ms",
         11, SOFT)
    print(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
          f'height="{HEIGHT}" font-family="Helvetica, Arial, sans-serif" role="img">')
    print("<title>How fini tears a container down, and what happens without it</title>")
    print("\n".join(drawn))
    print("</svg>")


if __name__ == "__main__":
    main()
