# `make test lint` is what .ci/run does, in the environment at hand.
.PHONY: test lint index full

test:
	python -m pytest -q -n auto

lint:
	ruff check
	mypy --strict sqla_lint
	lint-imports --no-cache
	sqla-lint check sqla_lint tests/harness

index:
	python -m tests.harness.index

full:
	.ci/run
