"""Kernels for the tests: cells in any order, and what each printed."""

from contextlib import contextmanager

from jupyter_client.manager import start_new_kernel

from tools.authoring.kernels import client_for
from tools.authoring.run import kernel_environment, merged_streams
from tools.course.notebook import KERNELSPEC, texts


def run_in_one_kernel(notebook, path, cells, variables=()):
    """Run `cells` in this order in a fresh kernel, and return the outputs of each as they were after its run.

    `variables` are environment variables that the kernel gets beside those of this process.
    """
    client = client_for(notebook, path, allow_errors=True)
    outputs = []
    with client.setup_kernel(env=kernel_environment() | dict(variables)):
        for cell in cells:
            client.nb.cells = [cell]
            client.execute_cell(cell, 0)
            outputs.append(merged_streams(cell.outputs))
    return outputs


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def broken_silently(outputs, stored_cells):
    """Return the ids of the cells that neither printed what is stored nor stopped with an error."""
    found = []
    for here, stored in zip(outputs, stored_cells, strict=True):
        stopped = any(output.output_type == "error" for output in here)
        if not stopped and texts(here) != texts(stored.outputs):
            found.append(stored.id)
    return found


@contextmanager
def kernel_in(folder):
    """Give a kernel's manager and a client of it."""
    manager, client = start_new_kernel(kernel_name=KERNELSPEC["name"], cwd=str(folder), env=kernel_environment())
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client, code):
    """Run `code` in the kernel and return what it printed, and the name of its error or None."""
    texts = []
    reply = client.execute_interactive(
        code, timeout=60, output_hook=lambda message: texts.append(message["content"].get("text", ""))
    )
    return "".join(texts), reply["content"].get("ename")
