"""Which other seeds are tried: those that somebody names, and those that nobody picked."""

import hashlib
import os
import re
import subprocess

from tools import ToolError
from tools.course.places import ROOT

DRAWN = 3
FIRST_DRAWN = 1000  # above all offsets that are tried by hand
SINCE = "STEP_ZERO_SINCE"  # a commit: notebooks that nothing has touched since need not be tried again
APART = re.compile(
    r"docs/|findings/|[^/]*\.md$|notebooks/glossary|notebooks/exercises/"
)  # which move no number of a lesson


def offsets_from(text):
    """Return the offsets that a text such as "1-20" or "3,7,100-102" names, in order."""
    offsets = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        named = range(int(match[1]), int(match[2] or match[1]) + 1) if match else ()
        if not named:
            raise ToolError(f"offsets are numbers and ranges, for example 1-20 or 3,7; got {text!r}")
        offsets += named
    return list(dict.fromkeys(offsets))


def span(offsets):
    """Return `offsets` in few words: "1 to 20", or each of them."""
    if len(offsets) > 1 and offsets == list(range(offsets[0], offsets[-1] + 1)):
        return f"{offsets[0]} to {offsets[-1]}"
    return ", ".join(map(str, offsets))


def drawn_offsets(root=ROOT, count=DRAWN):
    """Return offsets that nobody chose: from the commit's hash, or outside git from the notebooks' contents."""
    digest = hashlib.sha256(commit_hash(root) or contents_hash(root / "notebooks")).digest()
    pieces = [int.from_bytes(digest[4 * place : 4 * place + 4]) for place in range(len(digest) // 4)]
    return list(dict.fromkeys(FIRST_DRAWN + piece % 1_000_000 for piece in pieces))[:count]


def untouched(paths, since=None, root=ROOT):
    """Return those of the notebooks on which no change since a commit, by default that in STEP_ZERO_SINCE, can tell."""
    since = since or os.environ.get(SINCE)
    if not since:
        return []
    command = ["git", "-C", str(root), "diff", "--name-only", f"{since}...HEAD"]
    asked = subprocess.run(command, capture_output=True, text=True)
    if asked.returncode:
        raise ToolError(f"{SINCE} is to name a commit of this repository, and is {since!r}: {asked.stderr.strip()}")
    changed = [name for name in asked.stdout.splitlines() if not APART.match(name)]
    touched = {lesson_of(name) for name in changed}
    return [] if None in touched else [path for path in paths if path.stem[3:] not in touched]


def lesson_of(name):
    """Return the lesson to which a file belongs alone, by its name, None where others may depend on it."""
    match = re.match(r"(?:helpers|tests)/lessons/(\w+)/|notebooks/(?:solutions/)?\d\d_(\w+)\.ipynb$", name)
    return match and (match[1] or match[2])


def commit_hash(root):
    """Return the hash of the commit that is checked out in `root`, empty where git knows none."""
    try:
        command = ["git", "-C", str(root), "rev-parse", "--verify", "HEAD"]
        return subprocess.run(command, capture_output=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return b""


def contents_hash(folder):
    """Return a hash of all notebooks under `folder`."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*.ipynb")):
        found.update(path.name.encode() + path.read_bytes())
    return found.digest()
