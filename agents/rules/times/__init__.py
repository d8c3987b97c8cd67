"""Reads the time phrases of a question into half-open UTC windows."""

from agents.rules.times.phrases import read
from agents.rules.times.reads import TimeError, TimeRead, Unit
from agents.rules.times.relative import before, read_relative

__all__ = ["TimeError", "TimeRead", "Unit", "before", "read", "read_relative"]
