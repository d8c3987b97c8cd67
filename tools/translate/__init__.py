"""Plain words to PromQL and LogQL: read, matched with what really exists, checked, bounded, and read back in words."""
