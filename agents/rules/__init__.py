"""The rules brain: plain words to tool calls to answers, without a language model."""
