"""Chat programs: models to choose, conversations found again, answers as Markdown, approval in plain words."""
