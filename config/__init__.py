"""What the operator decides: settings from the environment and the default policy. Imports nothing of ours."""

VERSION = "0.1.0"
