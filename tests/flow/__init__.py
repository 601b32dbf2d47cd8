"""The tests of the third stage, and the harness that shows what the visitor knows."""
