"""The MCP entrance: the house as a few tools for MCP hosts. It translates and decides nothing."""
