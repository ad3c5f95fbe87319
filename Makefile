# The targets of this checkout. `make` alone lists them.

PYTHON ?= python3
VENV := $(CURDIR)/.venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready
STACK := dev
# The environment variables that Pulumi needs, as printed by `make env`.
ENVIRONMENT = eval "$$($(MAKE) --silent --no-print-directory env)"
# The policy settings of the environment; a stack without a file there uses the pack's default levels.
RULES := $(wildcard policies/environments/$(notdir $(STACK)).json)
# A stack without a settings file is most likely misspelt.
CHECK_STACK = if [ ! -f "stacks/Pulumi.$(notdir $(STACK)).yaml" ]; then \
	echo "make: stack $(STACK) does not exist: correct its name, or add its settings in stacks/Pulumi.$(notdir $(STACK)).yaml" >&2; \
	exit 1; fi
# Stack dev is updated without confirmation. Other stacks show a preview and prompt; YES=--yes skips the prompt without a terminal.
YES := $(if $(filter dev,$(STACK)),--yes --skip-preview)
CHECK_CONFIRMATION = if [ -z "$(strip $(YES))" ] && ! { [ -t 0 ] && [ -t 1 ]; }; then \
	echo "make: stack $(STACK) requires confirmation, and there is no terminal to prompt on: add YES=--yes" >&2; exit 1; fi
PULUMI_UP = pulumi up --stack $(STACK) $(YES) --policy-pack policies $(if $(RULES),--policy-pack-config $(RULES))
# Only stack dev has its state in the checkout and a published passphrase.
CHECK_BACKEND = if [ $(STACK) != dev ]; then \
	backend="$$(pulumi whoami --json --non-interactive 2>/dev/null)" || { echo "make: stack $(STACK) needs a backend of your\
 team: set PULUMI_BACKEND_URL, or run \`pulumi login\`" >&2; exit 1; }; \
	case "$$backend" in *\"http*) ;; *) \
		grep -qs '^secretsprovider:' stacks/Pulumi.$(notdir $(STACK)).yaml \
		|| [ -n "$${PULUMI_CONFIG_PASSPHRASE+set}$$PULUMI_CONFIG_PASSPHRASE_FILE" ] || { echo "make: stack $(STACK) needs a\
 passphrase of your team: set PULUMI_CONFIG_PASSPHRASE, or use a secrets provider" >&2; exit 1; };; \
	esac; fi

.DEFAULT_GOAL := help
.PHONY: help up down env test test-fast test-no-engine check check-workflows lock dist sizes bench bench-growth bench-policies bench-fleet chaos chaos-fleet docs engine clean


help:
	@echo "make up     install what is missing and deploy the tutorial's pipeline to the local Platform, with its first rows (STACK=stage: deploy that stack)"
	@echo "make down   destroy the stack, and stop the local Platform"
	@echo "make test   run all tests (WORKERS=2 ARGS=…: number of workers, arguments for pytest)"
	@echo "make test-fast  run the tests that need no Pulumi CLI and are not slow, in under a minute"
	@echo "make test-no-engine  run the tests that need no Pulumi CLI"
	@echo "make check  lint, types, import layers"
	@echo "make check-workflows  run actionlint on the GitHub workflows"
	@echo "make lock   update the pins in constraints.txt (ARGS=--keep: keep existing pins, and add missing ones)"
	@echo "make dist   build the distributions into dist/, check them, and try the wheel in clean environments"
	@echo "make sizes  print the number of packages and MB that each extra installs"
	@echo "make bench  measure deployments beside Pulumi's own floor and a plain script, for ten minutes (ARGS=--rounds=1)"
	@echo "make bench-growth  measure how time and memory grow with the objects of a stack, on files and PostgreSQL"
	@echo "make bench-policies  measure what the policy pack and aep review add to a preview"
	@echo "make bench-fleet  measure how close a fleet of stand-in stacks, and one of real stacks, come to their bound"
	@echo "make docs   generate the reference, the tables of settings, policies and coverage, and the resources' signatures from the code"
	@echo "make chaos  deploy repeatedly with faults and kills, and count lost objects: N=200 runs from SEED=1; WIDE=1: 64 operations at once, JOURNAL=postgres: a machine for each stack"
	@echo "make chaos-fleet  kill workers of a fleet at random moments, and count the same: KILLS=10 from SEED=1"
	@echo "make env    print the variables for running pulumi by hand:  eval \"\$$(make env)\""
	@echo "make clean  remove everything that make created, including the virtual environment and the built CLI"

# The virtual environment: the pinned dependencies, and this package in editable mode.
$(READY): pyproject.toml constraints.txt
	@echo "make: installing the pinned dependencies into .venv (about a minute, once)" >&2
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit("make: Python 3.11 or newer is required, and this is %d.%d: set PYTHON=…" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' >&2
	@touch $@

engine: $(READY)
	@$(BIN)/python dev/pulumi/engine.py >/dev/null

# State, passphrase and PULUMI_HOME of stack dev are in the checkout, unless PULUMI_BACKEND_URL is set. The passphrase is published,
# because it encrypts only the fake secrets of the local Platform. Other stacks do not use them.
env: $(READY)
	@pulumi="$$($(BIN)/python dev/pulumi/engine.py)" && \
	echo "export PATH=\"$$(dirname "$$pulumi"):$(BIN):\$$PATH\"" && \
	if [ $(STACK) = dev ] && [ -z "$$PULUMI_BACKEND_URL" ]; then \
		mkdir -p $(CURDIR)/.pulumi/state && \
		echo "export PULUMI_HOME=\"$(CURDIR)/.pulumi/home\"" && \
		echo "export PULUMI_BACKEND_URL=\"file://$(CURDIR)/.pulumi/state\""; \
	fi && \
	if [ $(STACK) = dev ]; then echo "export PULUMI_CONFIG_PASSPHRASE=local"; fi && \
	echo "export PULUMI_SKIP_UPDATE_CHECK=true"

# Recover the interrupted writes of a killed run first: otherwise `pulumi up` would create those objects a second time.
up: $(READY)
	@$(CHECK_STACK)
	@$(ENVIRONMENT) && $(CHECK_BACKEND) && $(CHECK_CONFIRMATION) && $(if $(filter dev,$(STACK)),aep platform start &&) \
	pulumi stack select --create $(STACK) >/dev/null && \
	if pulumi stack export --stack $(STACK) | grep -q '"pending_operations"'; then aep recover --stack $(STACK); fi && \
	$(PULUMI_UP) && aep deployed --stack $(STACK) && \
	echo && echo "To run them by hand, set up the shell first: eval \"\$$(make env$(if $(filter-out dev,$(STACK)), STACK=$(STACK)))\"" \
	$(if $(filter dev,$(STACK)),&& echo && { aep platform clock first-run && aep dataset head --stack $(STACK) || true; })

down: $(READY)
	@$(CHECK_STACK)
	@$(ENVIRONMENT) && $(CHECK_BACKEND) && \
	if pulumi stack select $(STACK) >/dev/null 2>&1; then $(CHECK_CONFIRMATION) && pulumi destroy --stack $(STACK) $(YES); \
	else echo "make: there is nothing to destroy: the backend has no stack $(STACK), or cannot be read; \`pulumi stack ls --all\` lists\
 the stacks" >&2; $(if $(filter dev,$(STACK)),true,exit 1); fi \
	$(if $(filter dev,$(STACK)),&& aep platform stop)

# One worker per core. Tests are distributed one by one; those that share a fixture of their file stay together (tests/conftest.py).
WORKERS ?= auto
# Compiled tests are cached, whatever the environment says: otherwise each worker spends seconds on compiling them.
PYTEST = PYTHONDONTWRITEBYTECODE= python -m pytest --numprocesses $(WORKERS) --dist loadgroup
test: $(READY) engine
	@$(ENVIRONMENT) && $(PYTEST) $(ARGS)

# These require no Pulumi CLI; the fast ones generate few inputs.
test-fast: $(READY)
	@PATH="$(BIN):$$PATH" HYPOTHESIS_PROFILE=fast $(PYTEST) -m "not engine and not slow" $(ARGS)

test-no-engine: $(READY)
	@PATH="$(BIN):$$PATH" $(PYTEST) -m "not engine" $(ARGS)

BENCH = export PYTHONDONTWRITEBYTECODE=; $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev,bench]' >&2
# An environment that forbids cached bytecode would let each provider process compile the package anew, which no user has.
SHOW_BENCH = python tools/bench/page.py && python tools/bench/plot.py
bench: $(READY) engine
	@$(BENCH) && $(ENVIRONMENT) && python tools/bench/deployments.py --json docs/bench.json $(ARGS) && $(SHOW_BENCH)

bench-growth: $(READY) engine
	@$(BENCH) && $(ENVIRONMENT) && python tools/bench/growth.py --json docs/growth.json $(ARGS) && $(SHOW_BENCH)

bench-policies: $(READY) engine
	@$(ENVIRONMENT) && python tools/bench_policies.py && python tests/review/bench.py

bench-fleet: $(READY) engine
	@$(ENVIRONMENT) && python tools/bench/fleet.py sleeping $(ARGS) && python tools/bench/fleet.py deployed $(ARGS)

N ?= 200
SEED ?= 1
chaos: $(READY) engine
	@$(ENVIRONMENT) && python tests/chaos/chaos.py --runs $(N) --seed $(SEED) $(if $(WIDE),--wide) $(if $(JOURNAL),--journal $(JOURNAL)) $(ARGS)

KILLS ?= 10
chaos-fleet: $(READY) engine
	@$(ENVIRONMENT) && python tests/chaos/fleet_kills.py --kills $(KILLS) --seed $(SEED)

check: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && \
	$(BIN)/mypy aep_pulumi dev tools && $(BIN)/lint-imports && \
	for folder in stacks policies docs/examples samples/*/ templates/*/ $(filter-out %/__pycache__/,$(wildcard tests/*/)); do $(BIN)/mypy $$folder || exit 1; done

check-workflows: $(READY)
	@$(BIN)/python tools/check_workflows.py

lock: $(READY)
	@$(BIN)/python tools/lock.py $(ARGS)

# TAG=v0.1.0: the tag of the release, which must match the package's version.
dist: $(READY)
	@$(BIN)/python tools/package.py dist $(if $(TAG),--tag $(TAG))

sizes: $(READY)
	@$(BIN)/python tools/package.py sizes

docs: $(READY)
	@$(BIN)/python tools/signatures.py && $(BIN)/python tools/reference.py && $(BIN)/python tools/policy_readme.py && \
	$(BIN)/python tools/platform_coverage.py

clean:
	@$(MAKE) --silent down || true
	@rm -rf .venv .engine .aep .pulumi
