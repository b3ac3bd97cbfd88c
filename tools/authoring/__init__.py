"""Running notebooks: in a kernel, and in JupyterLab before a browser."""
