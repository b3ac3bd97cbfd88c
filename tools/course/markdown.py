"""Reading Markdown: prose, headings, sections and sentences; and the parts of a document that a command makes."""

import re
from dataclasses import replace


def prose(markdown):
    """Return `markdown` without code, fenced or inline; a word stands where inline code stood."""
    without_fences = re.sub(r"(?ms)^ *(```|~~~).*?^ *\1[^\n]*$", "", markdown)
    return re.sub(r"(`+).+?\1", "Code", without_fences, flags=re.DOTALL)


def without_math(text):
    """Return `text` with a word in place of each formula."""
    text = re.sub(r"\$\$.*?\$\$", "Formula", text, flags=re.DOTALL)
    return re.sub(r"(?<!\\)\$[^$\n]+(?:\n[^$\n]+)*\$", "Formula", text)


def headings(markdown):
    """Return (line number, level, title) of each heading in `markdown`."""
    # Fences become blank lines, so that the numbers stay those of the source.
    blanked = re.sub(r"(?ms)^ *(```|~~~).*?^ *\1[^\n]*$", lambda fence: "\n" * fence[0].count("\n"), markdown)
    matches = [re.fullmatch(r"(#{1,6})\s+(.*?)\s*#*\s*", line) for line in blanked.split("\n")]
    return [(number, len(match[1]), match[2]) for number, match in enumerate(matches) if match]


def section(notebook, title, deepest=2):
    """Return the cells, or parts of cells, between "## `title`" and a heading of level 1 … `deepest`."""
    found = []
    inside = False
    for cell in notebook.cells:
        if cell.kind != "markdown":
            found += [cell] if inside else []
            continue
        kept = []
        marks = {line: (level, text) for line, level, text in headings(cell.source)}
        for number, line in enumerate(cell.source.split("\n")):
            level, text = marks.get(number, (7, ""))
            if (level, text) == (2, title):
                inside = True
            elif level <= deepest:
                inside = False
            elif inside:
                kept.append(line)
        if kept:
            found.append(replace(cell, source="\n".join(kept)))
    return found


def without_links(text):
    """Return `text` with the words of each link in place of it."""
    return re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)


ABBREVIATIONS = ("e.g.", "i.e.", "et al.", "cf.", "vs.", "eq.", "eqs.", "fig.", "figs.", "approx.", "resp.")


def sentences(markdown):
    """Return the sentences of `markdown`, without its headings, tables, formulas and code."""
    text = without_math(prose(markdown))
    text = re.sub(r"(?m)^\s*(#|\||<).*$", "", text)
    text = re.sub(r"(?m)^\s*([-*+]|\d+\.)\s+", "", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    for abbreviation in ABBREVIATIONS:
        text = re.sub(rf"(?i)\b{re.escape(abbreviation)}", abbreviation.replace(".", ""), text)
    # An end is followed by space and no small letter: "0.5" and "z. b" end nothing.
    pieces = re.split(r"(?<=[.!?])[\"'”’)\]*_]*\s+(?![a-z])", text)
    return [piece.strip() for piece in pieces if re.search(r"\w", piece)]


def with_part(text, name, part, where):
    """Return `text`, the document `where`, with `part` between the marks of `name`."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{where} must hold a line {begin} and, below it, a line {end}")
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"
