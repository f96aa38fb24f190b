"""Becomes another program that dies with the process that asked for it.

`python -I child.py <parent pid> <signal on its death> <uid> <gid> <program> [argument…]`; uid -1
keeps the user. Run by path and importing the standard library alone. A program of its own instead
of a `preexec_fn`: code between fork and exec may deadlock a parent that has threads.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def _drop_privileges(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _die_with(parent: int, death_signal: int) -> None:
    """Set after the user: a change of credentials forgets the wish."""
    if sys.platform != "linux":
        return  # leftovers are found by the next start, from the pids it recorded
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        sys.exit(128 + signal.SIGKILL)  # the parent died before we could ask


def main(arguments: list[str]) -> None:
    parent, death_signal, uid, gid = map(int, arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        _drop_privileges(uid, gid)
    _die_with(parent, death_signal)
    # Whatever it keeps is for its user alone, however open the shell that started us is.
    os.umask(0o077)
    # A terminal's Ctrl-C is for the parent, which stops its children in order.
    os.setpgid(0, 0)
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
