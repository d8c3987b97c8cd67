"""A made-up shop whose 90 days of alerts, changes and postmortems let a new user ask real questions at once."""
