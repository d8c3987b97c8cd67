"""Speed as ratios: each row measures Trivium and its floor in the same run (DESIGN.md 18)."""
