"""A Python that has imported what every submission needs, and makes a process of its own for each: a copy of itself.

It runs outside of the sandboxes, and never runs a student's code. On its standard input, a socket, it is sent the
process id of an empty sandbox, which bubblewrap has made, and two pipes. It forks; the copy enters all of the
sandbox's namespaces, gives up every privilege, sets its limits, and only then begins to read questions from the pipes.
The server answers with the copy's process id.
"""

import ctypes
import gc
import json
import os
import signal
import socket
import sys

from worker import Shell, serve, set_limits

# From Linux's headers sched.h, prctl.h and capability.h.
NAMESPACES = {
    "user": 0x10000000,
    "mnt": 0x00020000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "cgroup": 0x02000000,
}
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63

LIBC = ctypes.CDLL(None, use_errno=True)


def checked(result, what):
    """Raise OSError where a call of the C library has failed."""
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def enter(sandbox):
    """Enter the namespaces of the process `sandbox`. The next process that is forked is inside entirely."""
    flags = 0
    for name, flag in NAMESPACES.items():
        if os.stat(f"/proc/{sandbox}/ns/{name}").st_ino != os.stat(f"/proc/self/ns/{name}").st_ino:
            flags |= flag
    process = os.pidfd_open(sandbox)
    checked(LIBC.setns(process, flags), "entering the sandbox")
    os.close(process)


def give_up_privileges():
    """Give up all capabilities that entering a user namespace gave, for good."""
    for capability in range(LAST_CAPABILITY + 1):
        LIBC.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for numbers that this kernel does not know
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    checked(LIBC.capset(header, (ctypes.c_uint32 * 6)()), "giving up capabilities")
    checked(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "giving up new privileges")


def become_worker(shell, sandbox, questions, answers, limits):
    """Turn this copy into the worker of one submission; never returns."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(questions, 0)
        os.dup2(answers, 1)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        enter(sandbox)
        inside = os.fork()
        if inside:
            os.waitpid(inside, 0)
            os._exit(0)
        os.setsid()
        give_up_privileges()
        os.chdir("/tmp")
        os.environ.update(HOME="/tmp", IPYTHONDIR="/tmp", MPLCONFIGDIR="/tmp")
        sys.path[0:1] = ["", "/course"]  # as in a kernel: beside the notebook first; then helpers
        sys.path_importer_cache.clear()
        set_limits(**limits)
        serve(shell)
    except BaseException as error:
        os.write(1, json.dumps({"failed": str(error)}).encode() + b"\n")
    finally:
        os._exit(1)


def main():
    limits = json.loads(sys.argv[1])
    control = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # copies that have ended are forgotten at once
    shell = Shell()
    shell.run("pass")  # the first cell of all makes IPython import and build more
    gc.collect()
    gc.freeze()  # what is here stays shared with the copies
    while True:
        message, pipes, _, _ = socket.recv_fds(control, 64, 2)
        if not message:
            return
        copy = os.fork()
        if copy == 0:
            become_worker(shell, int(message), *pipes, limits)
        for pipe in pipes:
            os.close(pipe)
        control.sendall(f"{copy}\n".encode())


if __name__ == "__main__":
    main()
