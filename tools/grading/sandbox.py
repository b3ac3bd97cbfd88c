"""Start the process that runs students' code where it can do no harm, and stop it when it takes too much.

Inside bubblewrap there is no network, no other process, no file of the instructor's: only Python, its packages and
helpers, all read-only, and an empty /tmp in memory. Each submission has a sandbox of its own, which a copy of a Python
that is warm already enters (forkserver.py). A watcher outside counts processes and memory.
"""

import atexit
import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import matplotlib
import psutil

HERE = Path(__file__).resolve().parent
HELPERS = HERE.parents[1] / "helpers"

MEMORY = 2 * 1024**3  # bytes of address space for one process
RESIDENT = 1024**3  # bytes of memory that all processes of a submission really use
SCRATCH = 64 * 1024**2  # bytes in /tmp, and in one file
PROCESSES = 8  # more than that is a fork bomb; none is needed
CPU_SECONDS = 600  # for a whole submission; each cell and each call has a limit of its own
LIMITS = {"memory": MEMORY, "file_size": SCRATCH, "seconds": CPU_SECONDS}
START_SECONDS = 60
LOOK_EVERY = 0.2  # seconds between two looks of the watcher

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
    sandbox = Sandbox()
    try:
        sandbox.wait()
    finally:
        sandbox.close()


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
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # a kernel's
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


class ForkServer:
    """The process that makes workers: see forkserver.py. It is started once, and again if it should be gone."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="grading-")
        self.process = None

    def start(self):
        self.control, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "forkserver.py"), json.dumps(LIMITS | {"processes": 0})],
            stdin=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment(self.folder.name) | {"MPLCONFIGDIR": matplotlib.get_cachedir()},  # its list of fonts
            cwd=self.folder.name,
            start_new_session=True,
        )
        theirs.close()
        self.control.settimeout(START_SECONDS)

    def fork(self, sandbox, questions, answers):
        """Return the process id of a new worker in the sandbox that the process `sandbox` keeps open."""
        if self.process is None or self.process.poll() is not None:
            self.start()
        try:
            socket.send_fds(self.control, [str(sandbox).encode()], [questions, answers])
            return int(self.control.recv(64))
        except (OSError, ValueError) as error:
            self.process.kill()
            self.process.wait()
            raise NoSandbox(f"no process could be made for a submission ({error or type(error).__name__})") from error


@functools.cache
def fork_server():
    """Return this process's ForkServer."""
    return ForkServer()


class Sandbox:
    """An empty sandbox, kept open by a process of bubblewrap's until it is closed. It can be entered after `wait`."""

    def __init__(self):
        status, written = os.pipe()
        self.status = open(status, encoding="utf-8")  # noqa: SIM115  closed by `close`
        command = [*sandboxed(python_folders()), "--info-fd", str(written), "sh", "-c", "echo && exec cat"]
        variables = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        self.inside = None
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            pass_fds=[written],
        )
        os.close(written)

    def wait(self):
        """Wait until it stands; raise NoSandbox where it does not."""
        about = self.status.read()
        if not self.process.stdout.readline():  # comes once all is in its place
            why = self.process.communicate()[1].decode(errors="replace").strip()
            raise NoSandbox(HOW_TO_INSTALL.format(problem=f"does not work here ({why})"))
        self.inside = json.loads(about)["child-pid"]
        self.own = {process.pid for process in descendants(self.inside)}

    def strangers(self):
        """Return the processes in it that are not its own."""
        return [process for process in descendants(self.inside) if process.pid not in self.own]

    def close(self):
        """End everything that runs in the sandbox, and with it the sandbox."""
        if self.inside is None:  # ended half made, it would leave a process behind
            with contextlib.suppress(NoSandbox):
                self.wait()
        if self.process.poll() is None and self.inside:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.inside, signal.SIGKILL)  # the first of its processes: none survives it
        self.process.kill()
        self.process.wait()
        for pipe in (self.status, self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()


SPARE = []  # the sandbox of the next submission: it is made while this one is graded


def fresh_sandbox():
    """Return a sandbox that nothing has run in, and begin to make the next one."""
    sandbox = SPARE.pop() if SPARE else Sandbox()
    try:
        sandbox.wait()
    except NoSandbox:
        sandbox.close()
        sandbox = Sandbox()  # a spare one ends with the thread that began it
        sandbox.wait()
    SPARE.append(Sandbox())
    return sandbox


@atexit.register
def close_spare():
    while SPARE:
        SPARE.pop().close()


class Worker:
    """The process of one submission, in a sandbox of its own unless `unsafe`.

    `questions` and `answers` are its pipes. `killed` says why the watcher ended it, if it did.
    """

    def __init__(self, unsafe=False, scratch=None):
        self.killed = ""
        self.ended, self.ending = threading.Event(), threading.Lock()
        (self.start_unsafe if unsafe else self.start)(scratch)
        threading.Thread(target=self.watch, daemon=True).start()

    def start(self, scratch):
        self.sandbox = fresh_sandbox()
        theirs, questions = os.pipe()
        self.answers, answers = os.pipe()
        try:
            self.pid = fork_server().fork(self.sandbox.inside, theirs, answers)
        except NoSandbox:
            self.sandbox.close()
            os.close(questions)
            os.close(self.answers)
            raise
        finally:
            os.close(theirs)
            os.close(answers)
        self.questions = open(questions, "wb")  # noqa: SIM115  closed by `end`

    def start_unsafe(self, scratch):
        variables = environment(str(scratch)) | {"PYTHONPATH": str(HELPERS.parent)}
        self.sandbox = None
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "worker.py"), json.dumps(LIMITS | {"processes": None})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=variables,
            cwd=scratch,
        )
        self.pid = self.process.pid
        self.questions, self.answers = self.process.stdin, os.dup(self.process.stdout.fileno())
        self.process.stdout.close()

    def processes(self):
        """Return the processes in which students' code can be running."""
        if self.sandbox is None:
            return [*itself(self.pid), *descendants(self.pid)]
        return list({*descendants(self.pid), *self.sandbox.strangers()})

    def watch(self):
        """End the process, and all that it started, when they take too much."""
        while not self.ended.wait(LOOK_EVERY):
            taken = [rss for process in self.processes() if (rss := resident(process)) is not None]
            if len(taken) > PROCESSES:
                self.end(f"it started more than {PROCESSES} processes")
            elif sum(taken) > RESIDENT:
                self.end(f"it took more than {RESIDENT // 1024**2} MiB of memory")

    def seconds(self):
        """Return the processor time that it has used, with all that it started."""
        total = 0.0
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                times = process.cpu_times()
                total += times.user + times.system + times.children_user + times.children_system
        return total

    def end(self, why=""):
        """Kill the process and everything in its sandbox. It can be called more than once, and by the watcher."""
        with self.ending:
            if self.ended.is_set():
                return
            self.killed = why
            if self.sandbox:
                self.sandbox.close()
            else:
                for process in self.processes():
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.kill()
                self.process.wait()
            self.ended.set()

    def close(self):
        """End it, and close its pipes."""
        self.end()
        os.close(self.answers)
        with contextlib.suppress(OSError):
            self.questions.close()


def itself(pid):
    try:
        return [psutil.Process(pid)]
    except psutil.NoSuchProcess:
        return []


def descendants(pid):
    return [child for process in itself(pid) for child in children_of(process)]


def children_of(process):
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def resident(process):
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return None
