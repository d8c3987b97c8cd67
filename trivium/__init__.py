"""The front hall: the command line, and the one place that opens, wires and closes everything."""
