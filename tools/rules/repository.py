"""What must be true of documents, and of every file in the repository."""

import re
import subprocess

from tools.course.markdown import headings, prose, without_math
from tools.course.places import ROOT


def link_complaints(pieces, folder):
    """Local links lead somewhere and pictures have words. `pieces` are (place, markdown) of one document."""
    anchors = {slug(title) for _, text in pieces for _, _, title in headings(text)}
    anchors |= {slug(name) for _, text in pieces for name in re.findall(r'<a (?:id|name)="([^"]+)"', text)}
    complaints = []
    for place, markdown in pieces:
        text = without_math(prose(markdown))
        for target in link_targets(text):
            path, _, anchor = target.partition("#")
            if path and not (folder / path.split("?")[0]).exists():
                complaints.append(f"{place}: {target} leads nowhere")
            elif not path and slug(anchor) not in anchors:
                complaints.append(f"{place}: no heading for {target}")
        for picture in pictures_without_alt(text):
            complaints.append(f"{place}: no alt text for {picture}")
    return complaints


def mention_complaints(pieces, lessons):
    """Each "notebook 05" in a document is one of the `lessons`, which are known by their first two letters."""
    there = {path.name[:2] for path in lessons}
    mentions = [(place, number) for place, text in pieces for number in re.findall(r"(?i)\bnotebooks? (\d\d)\b", text)]
    return [f"{place}: there is no notebook {number}" for place, number in mentions if number not in there]


def link_targets(text):
    """Return the targets of local links and pictures in `text`."""
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text)
    targets += re.findall(r"(?m)^\s*\[[^\]]+\]:\s*(\S+)", text)
    targets += re.findall(r"<(?:a|img)\b[^>]*?\b(?:href|src)=\"([^\"]+)\"", text)
    return [target for target in targets if not re.match(r"[a-z][a-z+.-]*:", target)]


def pictures_without_alt(text):
    """Return the pictures in `text` that a screen reader has no words for."""
    missing = re.findall(r"!\[\s*\]\(([^)\s]+)", text)
    tags = re.findall(r"<img\b[^>]*>", text)
    return missing + [tag for tag in tags if not re.search(r"\balt=\"[^\"]*\w[^\"]*\"", tag)]


def slug(heading):
    """Return the letters and digits of a heading or an anchor: sites differ in the rest."""
    return re.sub(r"[\W_]", "", heading).lower()


LARGEST_FILE = 1_000_000


def file_size_complaints(name, size):
    """No file in the repository is larger than 1 MB."""
    return [] if size <= LARGEST_FILE else [f"{name}: {size / 1e6:.1f} MB; at most 1"]


# Put together from pieces, so that these lines do not complain about themselves.
UNFINISHED = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" * 3]) + r")\b")
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:" + "|".join(["work", "root", "home"]) + ")/")
PACKAGE_HOST = re.compile("|".join(["py" + r"pi\.org", "python" + r"hosted\.org", "npm" + r"js\.(?:org|com)"]))


def wording_complaints(name, text):
    """Nothing left undone, and no path or package host that belongs to one machine."""
    text = re.sub(r'"image/(?:png|jpeg)": "[^"]*"', "", text)  # a picture's letters mean nothing
    complaints = []
    for number, line in enumerate(text.split("\n"), start=1):
        for pattern, what in (
            (UNFINISHED, "something is left to do"),
            (LOCAL_PATH, "a path of one machine"),
            (PACKAGE_HOST, "a package host"),
        ):
            if pattern.search(line):
                complaints.append(f"{name}, line {number}: {what}")
    return complaints


def repository_files(root=ROOT):
    """Return the files that are, or would be, in the repository: all that .gitignore does not name."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
        names = {name for name in listed.split("\0") if name}
    except (OSError, subprocess.CalledProcessError):
        names = unpacked_files(root)
    paths = (root / name for name in sorted(names))
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def unpacked_files(root):
    """Return the names of the files under `root` without git's help: none that Python or an editor left."""
    names = {path.relative_to(root) for path in root.rglob("*")}
    left = {"__pycache__", "build", "dist", "uv.lock"}
    hidden = {part for name in names for part in name.parts if part.startswith(".")} - {".ci", ".gitignore"}
    return {str(name) for name in names if not (left | hidden) & set(name.parts)}


def text_of(path):
    """Return the text in `path`, or None if it is not a text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
