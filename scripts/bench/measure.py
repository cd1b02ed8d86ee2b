"""What the Python programs measure of their own process."""

import resource
import sys
import time
from pathlib import Path


def repeated(step, seconds):
    """Repeats `step` for that long, at least once: how often, wall seconds, and CPU seconds of all threads."""
    count, begun, cpu = 0, time.perf_counter(), time.process_time()
    while count == 0 or time.perf_counter() - begun < seconds:
        step()
        count += 1
    return count, time.perf_counter() - begun, time.process_time() - cpu


def peak_rss_mib():
    """The most memory this process ever had resident."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def rounded(value):
    """With as many digits as are worth reading."""
    return float(f"{value:.5g}")
