# Tenantry. `make` alone prints this list; two commands are enough: make demo, make test.
SHELL := /bin/sh
PY := .venv/bin/python
PROCESSES ?= 2
TESTS ?=
SEEDS ?= 1..1000
PARTS ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev assets demo test check shots bench simulate campaign format

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' Makefile

setup: ## Make the environment in .venv from the lock file; later runs do nothing
	@.ci/setup run

setup-dev:
	@.ci/setup dev

assets: setup ## Build the stylesheet and the font, when their sources changed
	@$(PY) -m tenantry.project.assets

demo: setup ## Start everything with a demo vendor and two years of its books (PORT=8123, TENANTRY_HOME=DIR)
	@TENANTRY_STOP_WITH_PARENT=1 exec $(PY) -m tenantry demo

test: setup-dev ## Run every test, in the browser too; installs a Chromium where there is none
	@$(PY) -m tenantry.project.assets
	@TENANTRY_CHROMIUM="$$($(PY) -m tenantry.project.browser)" && export TENANTRY_CHROMIUM && \
	PROCESSES=$(PROCESSES) .ci/tests $(TESTS)

check: setup-dev ## Lint, format, types and the direction of imports
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports --no-logo

format: setup-dev ## Put every file into the one format
	@$(PY) -m ruff check --fix --quiet . ; $(PY) -m ruff format .

shots: setup-dev ## Take the screenshots of every page, into .cache/shots
	@$(PY) -m tenantry.project.assets
	@TENANTRY_CHROMIUM="$$($(PY) -m tenantry.project.browser)" && export TENANTRY_CHROMIUM && $(PY) -m tests.browser.shots

bench: setup-dev ## Print the table of speeds (performance: one command per row in benchmarks/)
	@$(PY) benchmarks/_table.py; for file in benchmarks/[a-z]*.py; do $(PY) "$$file" || exit 1; done

simulate: setup-dev ## Run the simulator of payments over seeds (SEEDS=1..1000)
	@$(PY) -m tests.simulation --seeds $(SEEDS)

campaign: setup-dev ## Run the proofs that take hours, and print their figures (PARTS="simulator races" for some)
	@$(PY) -m tests.campaign $(PARTS)
