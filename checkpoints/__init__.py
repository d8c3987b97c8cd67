"""LangGraph's saver on our pool, and how long its rows are kept."""
