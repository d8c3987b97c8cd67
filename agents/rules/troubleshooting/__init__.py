"""Troubleshooting without a model: from what was gathered about one alert to causes, each with what speaks for it."""
