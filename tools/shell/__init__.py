"""Shell commands read, never run: what each would do to the machine it is typed on."""
