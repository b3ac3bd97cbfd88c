"""Text that comes from students, made fit for a file, a table and a terminal."""

import hashlib
import os
import re
import sys
import unicodedata
import urllib.parse

# What nbgrader's patterns, its database and a URL take as it is. A name begins and ends with a letter or a digit.
PLAIN_NAME = re.compile(r"\w(?:[\w .@+'-]*\w)?")
LONGEST_NAME = 120  # bytes
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute
JOINERS = "\u200c\u200d"  # some scripts and emoji need them


def printable(text, keep=""):
    """Return `text` with everything escaped that cannot be written, or that a terminal would obey."""
    return "".join(character if fits(character) or character in keep else escaped(character) for character in text)


def fits(character):
    return character.isprintable() or unicodedata.category(character) == "Zs" or character in JOINERS


def escaped(character):
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")


def harmless_in_csv(text):
    """Return a field that a spreadsheet shows, and does not compute."""
    return f"'{text}" if text.startswith(FORMULA) else text


def without_surrogates(text):
    """Return `text` with U+FFFD in place of each half of a character, which no file in UTF-8 can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def nbgrader_id(name):
    """Return the name by which nbgrader knows a student: the folder's own, or one made of it that no other has."""
    raw = os.fsencode(name)
    if PLAIN_NAME.fullmatch(name) and len(raw) <= LONGEST_NAME:
        return name
    quoted = urllib.parse.quote(raw, safe="")
    if len(quoted) > LONGEST_NAME:
        quoted = f"{quoted[: LONGEST_NAME // 2]}-{hashlib.sha256(raw).hexdigest()[:32]}"
    return f"%%{quoted}"  # which no plain name begins with


def say(text="", file=None):
    """Print text that may hold what this terminal cannot show."""
    file = file or sys.stdout
    encoding = getattr(file, "encoding", None) or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), file=file, flush=True)
