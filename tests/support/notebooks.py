"""Small notebooks to try the tools on; the first is a lesson that keeps every rule."""

import json

import nbformat

from tools.course.notebook import KERNELSPEC, LANGUAGE_INFO, notebook_from


def markdown(source):
    return {"cell_type": "markdown", "source": source, "metadata": {}}


def code(source, *tags, outputs=()):
    return {
        "cell_type": "code",
        "source": source,
        "metadata": {"tags": list(tags)} if tags else {},
        "outputs": list(outputs),
        "execution_count": None,
    }


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


PROMPT = "<details><summary>Which depth?</summary>Depth 9.</details>"

OPENING = """# Build He

*What does ReLU throw away?*

**You will do** much. **You will learn** more. **You need** notebook 04. **Time** 5 minutes."""

SUMMARY = """## Summary

ReLU halves the signal, e.g. from 1.0 to 0.5 (He et al. 2015). `he_normal` doubles it. Is $a. B$ kept? """


def lesson_content():
    """Return the content of a notebook that keeps every rule."""
    cells = [
        markdown(OPENING),
        code("import numpy as np\nfrom helpers.claims import claim"),
        markdown("## See it fail"),
        code("print(0.5)", outputs=[printed("0.5\n")]),
        markdown("**What you see.** It fails. See `a.b` (Fig. 2), where $x = 1. 5$ fails!"),
        code('claim("it fails", True)\nclaim("it fails again", True)'),
        markdown("## Derive\n\n$$y = x$$"),
        code("x = 1"),
        markdown("## Build it"),
        code("def halved(x):\n    return x / 2", "source:helpers.initializers.halved"),
        markdown("## See it work"),
        markdown(f"## Predict, then move\n\n{PROMPT}\n\n{PROMPT}"),
        code("Explorer(halved)\nclaim('depth 9', True)\nclaim('again', True)"),
        markdown("## Exercises\n\n[Here](exercises/05_build_he.ipynb)."),
        markdown("## In practice\n\nIn PyTorch:\n\n```python\n## Summary\n```"),
        markdown(SUMMARY),
        markdown("## References\n\n[He](https://example.org) ![a curve](curve.png) [up](#build-it)"),
    ]
    count = 0
    for number, cell in enumerate(cells, start=1):
        cell["id"] = f"cell-{number}"
        if cell["cell_type"] == "code":
            count += 1
            cell["execution_count"] = count
    metadata = {"kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def lesson(content=None, size=0):
    return notebook_of(content or lesson_content(), size=size)


def notebook_of(content, name="05_build_he.ipynb", size=0):
    """Return the view of a notebook's content as the tools read it from its file."""
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}} | content)
    return notebook_from(name, nbformat.reader.reads(text), size)


def store(folder, name, *cells, **metadata):
    """Write a notebook of `cells`, as an editor would have left it, and return its path."""
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(exist_ok=True)
    content = {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 4}
    path.write_text(json.dumps(content))
    return path


IMPORTS = code(
    "import numpy as np\n"
    "from helpers.claims import claim\n"
    "from helpers.seeding import seed_offset, seeded\n"
    "from helpers.experiments.race import run_race"
)
