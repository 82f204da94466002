# Run `make help`. Every target does its own set-up; Python 3.11 and the package index are enough.
SHELL := /bin/sh
BIN := .venv/bin
BENCH_BIN := .venv-bench/bin
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-all check fix bench bench-smoke docs wheel fuzz drill clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## make .venv as uv.lock says; quick when nothing changed
	@scripts/bootstrap

demo: setup ## start hub and twins, send traffic, show it live
	@$(BIN)/heliograph demo $(ARGS)

test: setup ## run the tests (ARGS='-k name' narrows)
	@scripts/test $(ARGS)

test-all: setup ## run the tests and those that take minutes
	@scripts/test --long $(ARGS)

check: setup ## format, lint, types, import layers, spelling, house rules
	@scripts/check

fix: setup ## format and mend what can be mended by a program
	@$(BIN)/ruff format --quiet
	@$(BIN)/ruff check --quiet --fix --show-fixes

bench: setup ## measure; ratios of one run (ARGS='--only NAME' narrows)
	@scripts/bootstrap --group bench
	@$(BENCH_BIN)/heliograph bench $(ARGS)

bench-smoke: setup ## one short round of every benchmark, so that none rots
	@scripts/bootstrap --group bench
	@$(BENCH_BIN)/heliograph bench --smoke $(ARGS)

docs: setup ## write the reference pages that are generated, and run the examples
	@scripts/docs

wheel: setup ## build dist/heliograph-….whl, the whole program in one file
	@scripts/wheel

fuzz: setup ## random input for a bounded time, guided by coverage too (SECONDS=60)
	@scripts/bootstrap --group fuzz
	@scripts/fuzz $(or $(SECONDS),60)

drill: setup ## kill and freeze the hub a thousand times under load, 25 to 40 minutes (KILLS=1000)
	@$(BIN)/heliograph drill --kills $(or $(KILLS),1000) --folder .cache/drill $(ARGS)

clean: ## remove environments, caches and data of trial runs
	rm -rf .venv .venv-bench .venv-fuzz .uv .cache .hypothesis .pytest_cache .ruff_cache .import_linter_cache dist heliograph-data
	find . -name __pycache__ -type d -not -path './node_modules/*' -prune -exec rm -rf {} +
