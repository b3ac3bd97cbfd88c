"""How submissions are graded: students' code runs in a sandbox and answers questions; what is right is decided outside.

wire.py         plain data as JSON and back
worker.py       the process inside the sandbox: runs cells, calls the student's functions
sandbox.py      starts that process with nothing of the instructor's in sight, and limits what it takes
session.py      one submission's process: cells in, outputs out; answers as values and functions to call
execute.py      a whole notebook: the student's cells inside, the graded cells outside
submissions.py  what lies in submitted/: read, repaired, or refused with a line that says what to do
gradebook.py    nbgrader's part: layout, configuration, release, autograding, feedback
"""
