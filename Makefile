# The one door. Everything works with python3 (3.11 or newer) and make alone: what else is needed, the first command fetches.

PYTHON ?= python3
.DEFAULT_GOAL := help
.PHONY: help setup run test check fix accuracy bench soak demo coverage-map messages clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## make everything ready: packages, browser bundle, database, demo data
	@$(PYTHON) config/bootstrap setup

run: ## start the whole system (PORT=8000), print the customer link with its QR code; Ctrl-C stops it
	@$(PYTHON) config/bootstrap run

test: ## the checks and tests, in about 20 minutes on two cores; T="unit wire" runs some kinds only
	@$(PYTHON) config/bootstrap test $(T)

check: ## the checks without tests: lint, format, types, import rule, migrations, languages, JavaScript
	@$(PYTHON) config/bootstrap check

fix: ## let ruff repair and format what it can
	@$(PYTHON) config/bootstrap fix

bench: ## measure: call set-up, media cost, offline speech
	@$(PYTHON) config/bootstrap bench $(B)

accuracy: ## measure masking and hearing, write docs/accuracy.md; A="text --verbose" runs some parts
	@$(PYTHON) config/bootstrap accuracy $(A)

soak: ## the long browser tests (meetings and voice rooms), then many simulated calls, looking for leaks
	@$(PYTHON) config/bootstrap soak $(S)

demo: ## hold two bundled calls through the running system, without microphone or internet
	@$(PYTHON) config/bootstrap demo

coverage-map: ## each capability of docs/requirements.md with the tests that show it
	@$(PYTHON) config/bootstrap coverage-map

messages: ## collect the texts of pages and code into the Korean catalogue
	@$(PYTHON) config/bootstrap messages

clean: ## remove what setup made; calls and recordings stay
	@$(PYTHON) config/bootstrap clean
