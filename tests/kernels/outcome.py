"""What the lines of a virtual machine mean: which container ended, which hung and where."""
import re
import statistics

import plan

ENDED, HUNG, FAILED, LACKING = "ended", "hang", "failed", "lacking"
SUFFIX = re.compile(r"\.(part|isra|constprop|cold)\.?\d*$")  # of a function that the compiler has cut up
PROCESS = "zap_pid_ns_processes"
# Where a stack begins to tell what every stack has.
BEGINNING = re.compile(r"do_exit|exit_(mm|files)|(__)?(do|handle_mm)_fault|do_syscall|__\w*_sys_|ksys_|vfs_|"
                       r"invoke_syscall|el0_")


def parse(lines):
    """The lines of boot(), as a dictionary that JSON can hold. Keys of cells are their numbers, as strings."""
    cells = {str(cell.number): {"runs": [], "stuck": [], "stderr": []} for cell in plan.cells()}
    result = {"cells": cells, "again": 0}
    for line in lines:
        what, _, rest = line.partition(" ")
        if what == "kernel":
            result["release"], result["machine"] = rest.split()
        elif what == "again":
            result["again"] += 1
        elif what == "run":
            number, _, how, rest = rest.split(" ", 3)
            cells[number]["runs"].append(_run(how, rest))
        elif what in ("stuck", "stderr"):
            number, _, rest = rest.split(" ", 2)
            cells[number][what].append(rest)
    return result


def _run(how, rest):
    if how == ENDED:
        ms, status = rest.split()
        return {"how": how, "ms": float(ms), "status": int(status)}
    return {"how": how, "why": rest}


class Cells:
    """The results of one kernel, by scene, end and init."""

    def __init__(self, result):
        self._series = tuple(map(int, result["release"].split(".")[:2]))
        self._by_name = {(cell.scene, cell.end, cell.init): result["cells"][str(cell.number)] for cell in plan.cells()}

    def _runs(self, scene, end, init, how):
        return [run for run in self._by_name[scene, end, init]["runs"] if run["how"] == how]

    def count(self, scene, end, init):
        return len(self._by_name[scene, end, init]["runs"])

    def hung(self, scene, end, init):
        return len(self._runs(scene, end, init, HUNG))

    def ms(self, scene, end, init):
        """The median time of those that ended, or None."""
        ended = [run["ms"] for run in self._runs(scene, end, init, ENDED)]
        return statistics.median(ended) if ended else None

    def lacking(self, scene, end):
        """What this kernel does not have for the scene, or None."""
        return next((run["why"] for run in self._runs(scene, end, "fini", LACKING)), None)

    def _unseen(self, scene, end):
        """A client that waits in execve(2) on this kernel, and was not seen to."""
        return self._series >= plan.WAITS_FROM.get(scene, (99,)) and any(
            self._runs(scene, end, init, LACKING) for init in plan.INITS)

    def unjudged(self, scene, end):
        """Why runs of the control tell nothing; a control is to hang, so others of its runs are enough."""
        return [run["why"] for run in self._runs(scene, end, "tini", FAILED)]

    def wrong(self, scene, end, runs):
        """Why these runs do not show that fini ends what hangs under tini, or None."""
        said = self._by_name[scene, end, "fini"]["stderr"]
        unjudged = self.unjudged(scene, end)
        if unjudged and not self.hung(scene, end, "tini"):
            return f"tini: {unjudged[0]}"
        for run in self._runs(scene, end, "fini", FAILED):
            return f"fini: {run['why']}"
        for init in plan.INITS:
            if self.count(scene, end, init) != runs:
                return f"{init}: {self.count(scene, end, init)} of {runs} runs were reported"
        if self.hung(scene, end, "fini"):
            return f"hangs under fini: {self._by_name[scene, end, 'fini']}"
        for run in self._runs(scene, end, "fini", ENDED):
            if run["status"] != plan.STATUS[end]:
                return f"ended with {run['status']} under fini: {said}"
        if self._unseen(scene, end):
            return f"{self.lacking(scene, end)} was not seen"
        if self.lacking(scene, end):
            return None
        if scene.startswith(plan.SELF_WAIT) and sum(plan.WHY in line for line in said) != runs:
            return f"fini does not say {plan.WHY!r}: {said}"
        return None

    def chains(self, scene, end):
        """Where tini's containers hung: the functions of each stack that tells, the wait first."""
        found = set()
        for stuck in self._by_name[scene, end, "tini"]["stuck"]:
            _, *functions = stuck.split()
            if PROCESS not in functions:
                found.add(_chain(functions))
        return found


def _chain(functions):
    chain = []
    for function in functions:
        name = SUFFIX.sub("", function)
        if BEGINNING.match(name):
            break
        chain.append(name)
    return tuple(chain)
