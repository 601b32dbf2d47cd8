"""Stage 1: what one file declares, read with `ast` alone. Imports no libcst."""
