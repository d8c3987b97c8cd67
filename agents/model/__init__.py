"""The brain that asks a language model, checks what it says, and hands over to the rules when it fails."""

from agents.model.brain import ModelBrain
from agents.model.client import open_model

__all__ = ["ModelBrain", "open_model"]
