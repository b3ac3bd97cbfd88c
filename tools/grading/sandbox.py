"""Start the process that runs students' code where it can do no harm, and stop it when it takes too much.

Inside bubblewrap there is no network, no other process, no file of the instructor's: only Python, its packages, helpers
and the worker, all read-only, and an empty /tmp in memory. A watcher outside counts processes and memory.
"""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import psutil

HERE = Path(__file__).resolve().parent
HELPERS = HERE.parents[1] / "helpers"

MEMORY = 2 * 1024**3  # bytes of address space for one process
RESIDENT = 1024**3  # bytes of memory that all processes of a submission really use
SCRATCH = 64 * 1024**2  # bytes in /tmp, and in one file
PROCESSES = 8  # more than that is a fork bomb; none is needed
CPU_SECONDS = 120
LOOK_EVERY = 0.05  # seconds between two looks of the watcher

SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/fonts")  # what the sandbox shows of the machine

HOW_TO_INSTALL = (
    "students' code is only run in a sandbox, and bubblewrap (the command bwrap) {problem}.\n"
    "On Debian and Ubuntu: sudo apt install bubblewrap. On Fedora: sudo dnf install bubblewrap. On macOS and Windows "
    "there is none: grade in a Linux virtual machine.\n"
    "To run students' code with all your rights all the same, say so by name: --unsafe-no-sandbox"
)


class NoSandbox(RuntimeError):
    """There is no sandbox here; the message says how to get one."""


def check_sandbox(hidden=()):
    """Raise NoSandbox unless bubblewrap is here and works, and shows none of the folders `hidden`."""
    shown = [Path(folder) for folder in SYSTEM] + python_folders()
    for folder in [HERE.parents[1] / "notebooks", *hidden]:
        if any(folder.is_relative_to(place) for place in shown):
            raise NoSandbox(f"{folder} lies where students' code can read it, beside the system or Python: move it")
    if shutil.which("bwrap") is None:
        raise NoSandbox(HOW_TO_INSTALL.format(problem="is not installed"))
    tried = subprocess.run([*sandboxed([]), "true"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise NoSandbox(HOW_TO_INSTALL.format(problem=f"does not work here ({tried.stderr.strip()})"))


def sandboxed(visible):
    """Return the start of a command line that shuts a command off from all but the system and the folders `visible`."""
    command = ["bwrap", "--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000"]
    command += ["--cap-drop", "ALL", "--die-with-parent", "--new-session", "--clearenv"]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH), "--tmpfs", "/tmp"]
    for folder in SYSTEM:
        command += ["--ro-bind-try", folder, folder]
    for folder in visible:
        command += ["--ro-bind", str(folder), str(folder)]
    command += ["--ro-bind", str(HELPERS), "/course/helpers"]
    for name in ("worker.py", "wire.py"):
        command += ["--ro-bind", str(HERE / name), f"/course/{name}"]
    command += ["--remount-ro", "/", "--chdir", "/tmp"]
    for name, value in environment("/tmp").items():
        command += ["--setenv", name, value]
    return command


def environment(home):
    """Return the only environment variables that students' code sees."""
    chosen = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
    return chosen | {
        "PATH": "/usr/bin:/bin",
        "HOME": home,
        "USER": "student",
        "LANG": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLCONFIGDIR": home,
        "MPLBACKEND": "agg",
        "IPYTHONDIR": home,
    }


def python_folders():
    """Return the folders in which this Python and its packages lie, without what /usr holds anyway."""
    executable = Path(sys.executable)
    folders = {Path(sys.prefix), Path(sys.base_prefix), executable.parent, executable.resolve().parents[1]}
    folders |= {folder.resolve() for folder in folders}
    outside = {folder for folder in folders if Path("/usr") not in (folder, *folder.parents)}
    too_wide = {folder for folder in outside if HERE.is_relative_to(folder) or Path.home().is_relative_to(folder)}
    return sorted(outside - too_wide)


class Worker:
    """A worker process, in a sandbox unless `unsafe`; `killed` says why the watcher ended it, if it did."""

    def __init__(self, unsafe=False, scratch=None):
        limits = {"memory": MEMORY, "file_size": SCRATCH, "processes": None if unsafe else 0, "seconds": CPU_SECONDS}
        if unsafe:
            command = [sys.executable, str(HERE / "worker.py")]
            variables = environment(str(scratch)) | {"PYTHONPATH": str(HELPERS.parent)}
        else:
            command = [*sandboxed(python_folders()), sys.executable, "/course/worker.py"]
            variables = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        self.process = subprocess.Popen(
            [*command, json.dumps(limits)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables,
            cwd=scratch,
        )
        self.killed = ""
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        """End the process, and all that it started, when they take too much."""
        while self.process.poll() is None:
            count, resident = taken_by(self.process.pid)
            if count > PROCESSES:
                self.end(f"it started more than {PROCESSES} processes")
            elif resident > RESIDENT:
                self.end(f"it took more than {RESIDENT // 1024**2} MiB of memory")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(LOOK_EVERY)

    def end(self, why=""):
        """Kill the process and everything in its sandbox."""
        self.killed = self.killed or why
        for process in [*descendants(self.process.pid), self.process]:
            with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
                process.kill()
        self.process.wait()
        self.process.stdin.close()


def descendants(pid):
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def taken_by(pid):
    """Return how many processes stand below `pid`, and how much memory they use together."""
    count, resident = 0, 0
    for process in descendants(pid):
        try:
            resident += process.memory_info().rss
            count += 1
        except psutil.NoSuchProcess:
            pass
    return count, resident
