"""Tables that tests write into documents, each between two marks."""
import os
import sys

import rootfs

sys.path.append(os.path.join(rootfs.TOP, "tests"))
import marked  # noqa: E402

END = "<!-- end -->"


def write(document, name, text):
    """Puts text between the marks of that name in docs/DOCUMENT."""
    path = os.path.join(rootfs.TOP, "docs", document)
    begin = f"<!-- {name}, from make engines -->"
    with open(path) as file:
        head, mark, rest = file.read().partition(begin)
    assert mark, f"no {begin} in {path}"
    with open(path, "w") as file:
        file.write(f"{head}{begin}\n{text}\n{END}{rest.partition(END)[2]}")


def into_readme(document, text):
    """The same text in README.md, as that document's."""
    marked.put(os.path.join(rootfs.TOP, "README.md"), f"docs/{document}, by make engines", f"{text}\n")


def table(*rows):
    """The first row is the head."""
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])
