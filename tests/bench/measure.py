"""Times, processor time and memory, and how busy others kept the machine meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
Action = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one kind of request: milliseconds at the median and the 95th percentile; CPU of our processes each."""

    p50: float
    p95: float
    cpu: float
    count: int


def figures(times: list[float], cpu_seconds: float) -> Figures:
    ordered = sorted(times)
    count = len(ordered)
    p95 = ordered[min(count - 1, int(count * 0.95))]
    return Figures(ordered[count // 2] * 1e3, p95 * 1e3, cpu_seconds * 1e3 / count, count)


def timed(action: Action, times: int, pid: int) -> Figures:
    """Do it so often, one after the other, with 0, 1, 2, …; the CPU is that of `pid` and its children."""
    warming = max(3, times // 10)
    for number in range(warming):
        action(number)
    before, spans = cpu(pid), []
    for number in range(warming, warming + times):
        start = time.perf_counter()
        action(number)
        spans.append(time.perf_counter() - start)
    return figures(spans, cpu(pid) - before)


def family(pid: int) -> list[int]:
    """This process and all below it."""
    parents = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu(pid: int) -> float:
    """Seconds of processor time that this process and its children have used."""
    ticks = 0
    for one in family(pid):
        fields = _stat(one)
        ticks += sum(int(field) for field in fields[11:13]) if fields else 0
    return ticks / TICK


def memory(pid: int) -> int:
    """Bytes of this process and its children, shared pages divided by their sharers (PSS)."""
    total = 0
    for one in family(pid):
        for line in (PROC / str(one) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def busy() -> float:
    """Seconds of processor time that the whole machine has used."""
    fields = [int(field) for field in (PROC / "stat").read_text().splitlines()[0].split()[1:]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold anything: state, ppid, …"""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
