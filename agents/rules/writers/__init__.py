"""The writers: from what was gathered to the sentences, numbers and drawings of an answer."""
