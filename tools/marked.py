"""Parts of a document that are made from the course: they stand between two marks, and a command makes them anew."""


def with_part(text, name, part, where):
    """Return `text`, the document `where`, with `part` between the marks of `name`."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{where} must hold a line {begin} and, below it, a line {end}")
    return f"{before}{begin}\n\n{part}\n\n{end}{after}"
