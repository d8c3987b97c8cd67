"""Runbooks: what one may hold, how its parameters are put in, what it would do, and doing it."""
