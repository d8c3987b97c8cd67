"""Asking for numbers and log lines, whoever answers: Grafana in between, or Prometheus and Loki directly."""
