"""The state graphs, what their nodes are given, and the runner that carries a run through one."""
