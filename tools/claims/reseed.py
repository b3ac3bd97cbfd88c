"""Run notebooks from other seeds, and tell, or write to the report, how their claims did."""

from tools.claims.offsets import offsets_from, span
from tools.claims.report import REPORT, listing, rows_of, section, write
from tools.claims.sweep import sweep
from tools.course import NotebookError
from tools.course.notebook import read_valid
from tools.course.places import chosen, lesson_paths, with_solutions


def reseed(names, notebooks, offsets, cheap=False):
    """Try the claims of the notebooks that are named, or of all, and of the solutions to their exercises."""
    return tried(lessons_and_solutions(names, notebooks), offsets_from(offsets), cheap)


def claims(names, notebooks, offsets):
    """The same, and write what was measured."""
    return tried(lessons_and_solutions(names, notebooks), offsets_from(offsets), report=notebooks.parent / REPORT)


def lessons_and_solutions(names, notebooks):
    return with_solutions(chosen(names, lesson_paths(notebooks), notebooks))


def tried(paths, offsets, cheap=False, report=None):
    """Run each notebook at each offset, and print how its claims did; return the exit code: 1 if any failed.

    With `report`, the path of a file, the sections of these notebooks there are replaced.
    """
    failures, sections = [], {}
    for path in paths:
        try:
            found = sweep(read_valid(path), path, offsets, cheap)
        except NotebookError as error:
            failures.append(str(error))
            continue
        rows = rows_of(found.claims)
        print(listing(found.notebook, rows), flush=True)
        failures += found.failures
        if rows:
            sections[found.notebook] = section(found.notebook, offsets, rows)
    if report:
        write(report, sections)
    print(*failures, f"offsets {span(offsets)}: {len(failures)} failures", sep="\n")
    return int(bool(failures))
