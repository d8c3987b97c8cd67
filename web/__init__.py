"""The HTTP entrance: translates requests to the house and its answers back; decides nothing."""
