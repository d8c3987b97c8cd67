"""How alerts and changes come in: bodies are checked, normalised and stored, and incidents follow them."""
