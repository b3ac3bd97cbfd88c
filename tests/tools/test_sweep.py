"""Running notebooks from other seeds: does a false claim show, and only that one?"""

import ast
import shutil
import subprocess

import numpy as np
import pytest

from tests.support.notebooks import code, lesson, store
from tools import ToolError
from tools.claims import recording, sweep
from tools.claims.offsets import DRAWN, FIRST_DRAWN, drawn_offsets, offsets_from, untouched
from tools.course.notebook import notebook_from, read_valid

IMPORTS = code(
    "import numpy as np\n"
    "from helpers.claims import claim\n"
    "from helpers.seeding import seed_offset, seeded\n"
    "from helpers.lessons.start_here.experiment import run_race"
)


def swept(folder, *cells, offsets=(0,), **options):
    """Return the Sweep of a notebook of `cells`."""
    path = store(folder, "01_small", IMPORTS, *cells)
    return sweep.sweep(read_valid(path), path, list(offsets), **options)


def recorded(folder, *sources, **names):
    """Run cells as a kernel with a Recorder does, and return the claims that they make."""
    records = folder / "claims.jsonl"
    records.write_text("")
    names |= {recording.RECORDER: recording.Recorder(records), "np": np, "claim": None}
    for source in sources:
        tree = recording.Recorded().visit(ast.parse(source))
        exec(compile(tree, "a cell", "exec"), names)
    return sweep.recorded(records, "01_small.ipynb", 3, 2)[0]


# What is recorded.


def test_a_claim_is_recorded_with_its_place_and_both_sides(tmp_path):
    (made,) = recorded(tmp_path, 'x = 2\nclaim("x is small",\n      x < 5)')
    assert (made.notebook, made.offset, made.cell, made.line, made.order) == ("01_small.ipynb", 3, 2, 2, 0)
    assert (made.text, made.holds) == ("x is small", True)
    assert made.parts == [{"relation": "<", "measured": 2.0, "bound": 5.0, "room": 3.0}]


def rooms(parts):
    return [(part["relation"], part["measured"], part["bound"], part["room"]) for part in parts]


@pytest.mark.parametrize(
    ("holds", "expected"),
    [
        ("0 < x[0] < 4", [(">", 1, 0, 1), ("<", 1, 4, 3)]),  # the side without a name is the bound
        ("x[0] <= 2 and x[1] >= 2", [("≤", 1, 2, 1), ("≥", 3, 2, 1)]),
        ("np.all(x < 4)", [("<", 3, 4, 1)]),  # the element with the least room
        ("(x < 4).all()", [("<", 3, 4, 1)]),
        ("all(one > 0 for one in x)", [(">", 1, 0, 1)]),
        ("all([one > 0 and one < 9 for one in x])", [(">", 1, 0, 1), ("<", 3, 9, 6)]),
        ("x.sum() == 4", [("=", 4, 4, 0)]),
        ("x[0] != 3", [("≠", 1, 3, -2)]),
        ("np.allclose(x, [1, 3.5], 0, atol=1)", [("=", 3, 3.5, -0.5)]),
        ("np.array_equal(*[x, x])", [("=", 1, 1, 0)]),
        ("np.inf > x[0]", [(">", float("inf"), 1, float("inf"))]),
        ("np.isfinite(x).all()", []),
        ("not any(one > 5 for one in x)", []),
        ("x.dtype == float", []),
        ("'a' == 'a'", []),
        ("sum(one > 0 for one in x) == 2", [("=", 2, 2, 0)]),
    ],
)
def test_what_a_claim_compares(tmp_path, holds, expected):
    (made,) = recorded(tmp_path, f'claim("it is so", {holds})', x=np.array([1.0, 3.0]))
    assert made.holds
    assert rooms(made.parts) == expected


def test_each_side_is_computed_once(tmp_path):
    called = []
    two = 'claim("a", 0 < x() < 2)\nclaim("b", len(called) == 1)'
    assert [made.holds for made in recorded(tmp_path, two, called=called, x=lambda: called.append(1) or 1)] == [
        True
    ] * 2


def test_claims_in_a_loop_are_kept_apart(tmp_path):
    made = recorded(tmp_path, 'for name in "ab":\n    claim(f"{name} is small", 1 < 2)')
    assert [(each.text, each.order) for each in made] == [("a is small", 0), ("b is small", 1)]


def test_a_nan_fails_with_no_room(tmp_path):
    (made,) = recorded(tmp_path, 'claim("a", float("nan") < 1)')
    assert not made.holds
    assert made.parts[0]["room"] == float("-inf")


# A failure shows, and hides nothing.


def test_a_claim_that_fails_hides_no_other(tmp_path):
    cells = [code('claim("a", 2 < 1)\nclaim("b", 1 < 2)'), code("1 / 0"), code('claim("c", seed_offset() < 5)')]
    found = swept(tmp_path, *cells, offsets=[4, 5])
    assert [(made.text, made.holds) for made in found.claims] == [
        ("a", False), ("b", True), ("c", True), ("a", False), ("b", True), ("c", False),
    ]  # fmt: skip
    assert found.failures == [
        "offset 4: 01_small.ipynb, cell 2: ✗ a (2 < 1)",
        "offset 5: 01_small.ipynb, cell 2: ✗ a (2 < 1)",
        "offset 5: 01_small.ipynb, cell 4: ✗ c (5 < 5)",
        "offset 4: 01_small.ipynb, cell 3: ZeroDivisionError: division by zero",
        "offset 5: 01_small.ipynb, cell 3: ZeroDivisionError: division by zero",
    ]


def test_a_claim_that_is_not_made_fails(tmp_path):
    cells = [
        "1 / 0\nclaim('a', 1 < 2)",
        "if False:\n    claim('b', 1 < 2)",
        "claim('c', np.array([1, 2]) < 3)",
    ]
    found = swept(tmp_path, *map(code, cells))
    assert [(cell, message[:40]) for _, cell, message in found.errors] == [
        (2, "ZeroDivisionError: division by zero"),
        (2, "the claim in line 2 was not reached"),
        (3, "the claim in line 2 was not reached"),
        (4, "TypeError: claim needs one truth value, "),
        (4, "the claim in line 1 was not reached"),
    ]


# Offsets.


def test_the_kernel_forgets_names_and_takes_the_offset(tmp_path):
    cells = [
        code('claim("nothing is left", "left" not in globals())'),
        code('left = seeded(1).random()\nclaim("small", left < 2)\nclaim("other seeds", seed_offset() >= 6)'),
    ]
    found = swept(tmp_path, *cells, offsets=[6, 7, 6])
    assert found.failures == []
    first, second, again = [made.parts[0]["measured"] for made in found.claims if made.text == "small"]
    assert first == again != second


def test_offsets_in_words():
    assert offsets_from("1-3") == [1, 2, 3]
    assert offsets_from("7, 3,2-4") == [7, 3, 2, 4]
    for wrong in ("", "a", "1-", "1-b", "-1", "5-3"):
        with pytest.raises(ValueError, match="offset"):
            offsets_from(wrong)


def test_drawn_offsets_depend_on_the_commit_alone(tmp_path):
    def git(*arguments):
        person = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", "-C", str(tmp_path), *person, *arguments], check=True, capture_output=True)

    (tmp_path / "notebooks").mkdir()
    store(tmp_path / "notebooks", "00_a")
    without_git = drawn_offsets(tmp_path)
    store(tmp_path / "notebooks", "00_a", code("1"))
    assert drawn_offsets(tmp_path) != without_git, "outside git the notebooks' contents decide"
    if shutil.which("git"):
        git("init")
        git("commit", "--allow-empty", "-m", "one")
        first = drawn_offsets(tmp_path)
        store(tmp_path / "notebooks", "00_a", code("2"))
        assert drawn_offsets(tmp_path) == first
        git("commit", "--allow-empty", "-m", "two")
        assert drawn_offsets(tmp_path) != first
    assert len(set(without_git)) == DRAWN
    assert min(without_git) >= FIRST_DRAWN


# What is cheap.

CHAIN = [
    IMPORTS,
    code("a = 1"),
    code("b = a + 1"),
    code("c = 5"),
    code("a = 2"),
    code('claim("of b", b < 3)'),
    code('claim("of a and c", a < c)'),
]


@pytest.mark.parametrize(
    ("source", "needed"),
    [
        ("rows = []\nrows.append(a.b)", {"a"}),
        ("x = x + 1", {"x"}),
        ("total += 1", {"total"}),
        ("kept[name] = 1", {"kept", "name"}),
        ("y = [x for x in xs]\nprint(x)", {"xs", "x", "print"}),
        ("for x in xs:\n    y = x\nz = y", {"xs"}),
        ("def f(a):\n    return a + b", {"b"}),
        ("f = lambda a: a + b", {"b"}),
    ],
)
def test_names_that_a_cell_needs(source, needed):
    assert sweep.names_needed(ast.parse(source)) == needed


def test_a_claim_needs_what_binds_the_names_it_reads():
    view = lesson({"cells": CHAIN})
    assert sweep.needed_cells(view, 6) == {1, 2, 3, 6}
    assert sweep.needed_cells(view, 7) == {1, 4, 5, 7}


def test_only_claims_that_cost_little_are_cheap():
    view = lesson({"cells": CHAIN})
    seconds = {1: 9.0, 2: 0.6, 3: 0.3, 4: 0.0, 5: 0.0, 6: 0.05, 7: 0.05}
    assert sweep.cheap_cells(view, seconds) == {1, 2, 3, 4, 5, 6, 7}
    assert sweep.cheap_cells(view, seconds | {3: 0.4}) == {1, 4, 5, 7}


def test_a_cheap_sweep_tries_the_rest_once(tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "CHEAP", 0.5)
    slow = code('import time\ntime.sleep(0.6)\nclaim("slow", 1 < 2)')
    found = swept(tmp_path, slow, code('claim("fast", 1 < 2)'), offsets=[1, 2, 3], cheap=True)
    assert [(made.offset, made.text) for made in found.claims] == [(1, "slow"), (1, "fast"), (2, "fast"), (3, "fast")]


# What is random moves with the offset.

HELPERS = {
    "seeding": ast.parse("def seeded(*key):\n    return 1"),
    "experiments.race": ast.parse("def run_race(start):\n    return draw(start)\n\ndef fixed():\n    return 1"),
    "data": ast.parse("def draw(start):\n    return seeded(1)"),
}


def test_what_reaches_a_seed_is_random():
    assert sweep.reaching(HELPERS) == {"seeded", "seeded_many", "draw", "run_race"}


def test_a_cell_that_draws_or_reads_what_was_drawn_is_random():
    cells = [IMPORTS, code("a = run_race('He')"), code("b = a.loss"), code("c = fixed()"), code("print(b, c)")]
    cells.append(code("b = []\nprint(b)"))
    assert sweep.random_cells(lesson({"cells": cells}), HELPERS) == {2, 3, 5}


def test_what_a_function_reads_belongs_to_the_cell_that_calls_it():
    cells = [IMPORTS, code("def f(a):\n    return g(a) + kept"), code("def g(a):\n    return deep"), code("b = f(c)")]
    view = lesson({"cells": cells})
    assert sweep.names_of(view, view.cells[3]) == {"b", "c", "f", "g", "a", "kept", "deep"}


SHOWN = {"output_type": "stream", "name": "stdout", "text": "0.5\n"}


def test_random_data_that_do_not_move_are_found(tmp_path):
    cells = [
        code("x = seeded(1).random()\nprint(x)", outputs=[SHOWN]),
        code("y = (seeded, np.random.default_rng(0).random())[1]\nprint(y)", outputs=[SHOWN]),  # looks seeded
        code("z = 3\nprint(z)", outputs=[SHOWN]),
    ]
    found = swept(tmp_path, *cells, offsets=[1, 2])
    view = lesson({"cells": [IMPORTS, *cells]})
    assert [each.number for each in sweep.unmoved(view, HELPERS, found)] == [3]


def test_a_cell_that_shows_no_text_or_an_explorer_is_not_asked():
    claims_only = code("x = seeded(1)", outputs=[SHOWN | {"text": "✓ it is so\n"}])
    explorer = code("Explorer(seeded)", outputs=[SHOWN])
    view = lesson({"cells": [IMPORTS, claims_only, explorer]})
    still = sweep.Sweep("a", [1], data={(1, 2): {}, (1, 3): {}})
    assert sweep.unmoved(view, HELPERS, still) == []
    assert sweep.shows_text(notebook_from("a", {"cells": [explorer]}).cells[0])


def commit(root, *names):
    """Change these files of a repository, and commit that."""
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{path.read_text() if path.exists() else ''}more\n")
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--message", "a change"], check=True)


BOTH = ["04_build_xavier", "05_build_he"]


@pytest.mark.parametrize(
    ("changed", "tried"),
    [
        (["helpers/lessons/build_he/experiment.py"], ["05_build_he"]),
        (
            ["notebooks/solutions/05_build_he.ipynb", "notebooks/04_build_xavier.ipynb"],
            ["04_build_xavier", "05_build_he"],
        ),
        (["README.md", "docs/claims.md"], []),
        (["helpers/lessons/build_he/experiment.py", "helpers/training.py"], BOTH),
        (["pyproject.toml"], BOTH),
    ],
)
def test_a_pull_request_tries_again_what_it_may_have_changed(tmp_path, monkeypatch, changed, tried):
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    commit(tmp_path, "README.md", "helpers/training.py")
    commit(tmp_path, *changed)
    paths = [tmp_path / "notebooks" / f"{name}.ipynb" for name in BOTH]
    kept = untouched(paths, "HEAD^1", tmp_path)
    assert [path.stem for path in paths if path not in kept] == tried
    monkeypatch.delenv("STEP_ZERO_SINCE", raising=False)
    assert untouched(paths, root=tmp_path) == []
    with pytest.raises(ToolError, match="to name a commit"):
        untouched(paths, "nowhere", tmp_path)
