"""Dashboards and alert rules in Grafana: looked at freely, changed only as a person has seen it beforehand."""
