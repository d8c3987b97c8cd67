"""What can be asked: one table per pillar, and what an entry of it is."""
