"""Revive without a model: reads what is to be looked at or changed in Grafana and AIOps, and plans it."""
