"""PromQL: chosen from what the catalogue has, checked, repaired, bounded, and held to what the asker may see."""
