"""Stage 3: one visitor walks a function with an abstract state and emits events. Never imports the project stage."""
