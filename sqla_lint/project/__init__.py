"""Stage 2: the facts of all files, linked. Answers what flow asks."""
