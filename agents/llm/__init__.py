"""Which language models there are: kept, opened, looked at, and given to runs. Importing it loads no client."""
