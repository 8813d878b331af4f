"""Puts what a script has measured into a document written by hand, between marks that say where it comes from."""

END = "<!-- end -->\n"


def put(path, source, text):
    """Replaces what stands in the file between `<!-- from SOURCE -->` and `<!-- end -->`; the marks must be there."""
    begin = f"<!-- from {source} -->\n"
    with open(path) as file:
        before, _, rest = file.read().partition(begin)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{path}: nothing stands between {begin.strip()} and {END.strip()}")
    with open(path, "w") as file:
        file.write(before + begin + text + END + after)
