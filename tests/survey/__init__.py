"""The tests of the first stage: the facts of one file."""
