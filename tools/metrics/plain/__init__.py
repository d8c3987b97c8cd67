"""Questions in plain words: what exists, which queries answer them, and what those gave."""
