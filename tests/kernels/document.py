"""docs/kernels.md: the table, and where each scene hung. Every number and every stack in it was read from a kernel."""
import collections
import datetime
import os
import subprocess
import textwrap

import debian
import outcome
import plan

WIDTH = 120

# What a stack says, by a function that is in it; the first that is found counts.
MEANING = {
    "fuse_vma_close": "the memory of the dying process is taken down, and with it the dirty mapping: its pages are "
                      "written to the server, which is that process, and the kernel waits until they are",
    "__inode_wait_for_writeback": "the open file is closed, which first waits until the inode has been written to the "
                                  "server by another task",
    "fuse_write_inode": "the open file is closed, which first writes the inode's times to the server",
    "fuse_set_nowrite": "the open file is closed, which waits until the server has answered the writes in flight",
    "filemap_fdatawait_range": "the open file is closed, which first writes its dirty pages to the server and waits "
                               "for them",
    "fuse_flush": "the open file is closed, which asks the server for a FLUSH and waits for the answer",
    "filemap_fault": "a page fault waits for the answer to its READ; a SIGKILL does not end that wait",
}

HEAD = """
Made by `{command}` (tests/kernels/run) on {date}: {fini}, Debian's tini-static, {qemu}, software emulation, two
processors, each kernel in a machine of its own. Only the explanations are typed by hand. To get the table of your
build, run it there.

Each scene is a container, as in tests/system/hangs.py: a PID namespace and a mount namespace in which a FUSE server
does to itself what real ones do by accident. A client in it also writes to a drive that is served outside: after every
run that drive must still be served, and have every byte. Then main exits, or PID 1 gets SIGKILL from outside, as from
docker kill. A cell is "tini / fini": milliseconds from there until the PID namespace is empty, the median of {runs}
runs. **H** is a container that had not ended after {tini_bound} s in any run, **n of {runs} H** one that had not in n
runs; it ended as soon as its own connections, and no others, were aborted. For fini the bound is {fini_bound} s, and no
run may reach it. The machine is emulated: a real one is several times faster.
"""

NOTES = """
In two scenes fini has to find out that a thread of the server waits for its own server, and not for a slow disk: no
other process is left, and the kernel says where the thread waits. On x86-64 the 5.10 kernel says so only in stack, not
in wchan.

Over io_uring a server gets its requests from a ring, not by read(2) of /dev/fuse; "-" is a kernel that has none (6.14,
CONFIG_FUSE_IO_URING). Two of the scenes with execve(2) end under tini, because tini does not inspect other processes:
there fini has to inspect a client that waits inside execve(2), without waiting itself. The kernel stack of each client
is checked first, to see that it waits there; "-" is a kernel, before 6.16, whose write-back makes no process wait there.
If any other scene ends under tini too, on an old kernel, it only shows that fini does no harm there. All runs of a
control go side by side; where the outcome depends on a race, that can decide it.

A server that dirties a mapping of its own file can deadlock while it still lives: in the page fault, `fuse_page_mkwrite`
waits for write-back while it holds the memory lock that `fuse_dev_read` needs to fetch the request. Such a scene is set
up again, and counted above.
"""

WHERE = """
What the kernel was doing in the threads that did not end, under tini, read from /proc/PID/task/TID/stack before the
abort. The wait comes first; each function was called by the one to its right. PID 1 itself waits for these threads, in
`zap_pid_ns_processes`. If a thread in read() is killed while it waits for a page, that wait ends, and the thread hangs
when it closes the file.
"""


def rows():
    return [(scene, end) for scene in plan.SCENES for end in plan.ENDS]


def summary(cells):
    """One line for the terminal."""
    def of(init, count):
        return sum(count(scene, end, init) for scene, end in rows())
    return ", ".join(f"{init}: {of(init, cells.hung)} of {of(init, cells.count)} hung" for init in plan.INITS)


def _half(cells, scene, end, init):
    if cells.lacking(scene, end):
        return "-"
    hung, count, ms = cells.hung(scene, end, init), cells.count(scene, end, init), cells.ms(scene, end, init)
    if count and hung == count:
        return "**H**"
    if hung:
        return f"**{hung} of {count} H**"
    return "not measured" if ms is None else f"{ms:.0f}"


def _table(kernels):
    lines = ["| scene | end | " + " | ".join(kernels) + " |", "|---" * (len(kernels) + 2) + "|"]
    for scene, end in rows():
        found = [" / ".join(_half(cells, scene, end, init) for init in plan.INITS) for cells in kernels.values()]
        lines.append(f"| {scene} | {plan.ENDS[end]} | " + " | ".join(found) + " |")
    return "\n".join(lines)


def _meaning(chain):
    return next((meaning for function, meaning in MEANING.items() if function in chain), "")


def _where(kernels, scene):
    """The stacks of one scene, each with the kernels that showed it."""
    found = collections.defaultdict(list)
    for word, cells in kernels.items():
        for chain in sorted(set().union(*(cells.chains(scene, end) for end in plan.ENDS))):
            found[chain].append(word)
    by_meaning = collections.defaultdict(list)
    for chain, words in found.items():
        by_meaning[_meaning(chain)].append(f"  - {', '.join(words)}: " + " ← ".join(f"`{name}`" for name in chain))
    lines = []
    for meaning, chains in by_meaning.items():
        lines += [_wrapped(f"- {meaning or 'elsewhere'}:", "  ")]
        lines += [_wrapped(chain, "    ") for chain in chains]
    return "\n".join(lines) if lines else "- nowhere: it ended on each of these kernels"


def _wrapped(text, indent=""):
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False)


def _paragraphs(text):
    return "\n\n".join(_wrapped(" ".join(paragraph.split())) for paragraph in text.strip().split("\n\n"))


def _first_line(*command):
    return subprocess.run(command, capture_output=True, text=True).stdout.partition("\n")[0].strip()


def _versions(results):
    lines = []
    for word, result in results.items():
        again = f"; scenes set up again: {result['again']}" if result["again"] else ""
        lines.append(f"- {word}: Linux {result['release']}, {result['machine']}, Debian's {result['package']} "
                     f"{result['version']}{again}")
    return "\n".join(lines)


def text(results, runs):
    kernels = {word: outcome.Cells(result) for word, result in results.items()}
    head = _paragraphs(HEAD.format(
        command="make kernels" + (f" RUNS={runs}" if runs != 5 else ""), date=datetime.date.today(),
        fini=_first_line(os.path.join(debian.BUILD, "amd64", "bin", "fini"), "--version"),
        qemu=_first_line("qemu-system-x86_64", "--version").partition(" (")[0], runs=runs,
        tini_bound=plan.BOUND_MS["tini"] // 1000, fini_bound=plan.BOUND_MS["fini"] // 1000))
    scenes = collections.defaultdict(list)  # those that hang in the same places together
    for scene in plan.SCENES:
        scenes[_where(kernels, scene)].append(scene)
    where = "\n\n".join(f"{chr(10).join(f'### {name}' for name in names)}\n\n{found}"
                         for found, names in scenes.items())
    return f"""# The hang, kernel by kernel

{head}

{_versions(results)}

{_table(kernels)}

{_paragraphs(NOTES)}

## Where they hang

{_paragraphs(WHERE)}

{where}
"""


def write(path, results, runs):
    with open(path, "w") as file:
        file.write(text(results, runs))
