"""Large results: written row by row, and read, searched and added up piece by piece."""
