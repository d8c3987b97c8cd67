"""The nouns we keep: one module each, a frozen dataclass and the SQL verbs on it."""
