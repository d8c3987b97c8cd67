"""LogQL: read by a parser of our own, checked, bounded, and held to what the asker may see."""
