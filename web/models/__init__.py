"""The bodies that come in and go out over HTTP, by subject. The OpenAPI document is made from these."""
