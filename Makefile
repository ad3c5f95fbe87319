# The verbs of this checkout. `make` alone prints them.

PYTHON ?= python3
VENV := $(CURDIR)/.venv
BIN := $(VENV)/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
READY := $(VENV)/.ready
STACK := dev
# What the stack needs, and a shell gets from `make env`.
ENVIRONMENT = eval "$$($(MAKE) --silent --no-print-directory env)"
# The rules of the environment; a stack that is none has the pack's own levels.
RULES := $(wildcard policies/environments/$(notdir $(STACK)).json)
# A stack that has no file is a misspelt one.
KNOWN = if [ ! -f "stacks/Pulumi.$(notdir $(STACK)).yaml" ]; then \
	echo "make: there is no stack $(STACK): correct its name, or write its settings into stacks/Pulumi.$(notdir $(STACK)).yaml" >&2; \
	exit 1; fi
# Stack dev asks nobody. Every other one shows its preview and asks first: YES=--yes where nobody can answer.
YES := $(if $(filter dev,$(STACK)),--yes --skip-preview)
ANSWERED = if [ -z "$(strip $(YES))" ] && ! { [ -t 0 ] && [ -t 1 ]; }; then \
	echo "make: stack $(STACK) asks before it changes anything, and nobody can answer: say YES=--yes" >&2; exit 1; fi
PULUMI_UP = pulumi up --stack $(STACK) $(YES) --policy-pack policies $(if $(RULES),--policy-pack-config $(RULES))
# Only stack dev has its state in the checkout and a passphrase that everybody knows.
OWN_BACKEND = if [ $(STACK) != dev ]; then \
	backend="$$(pulumi whoami --json --non-interactive 2>/dev/null)" || { echo "make: stack $(STACK) needs a backend of your\
 team's: name it in PULUMI_BACKEND_URL, or run \`pulumi login\`" >&2; exit 1; }; \
	case "$$backend" in *\"http*) ;; *) \
		grep -qs '^secretsprovider:' stacks/Pulumi.$(notdir $(STACK)).yaml \
		|| [ -n "$${PULUMI_CONFIG_PASSPHRASE+set}$$PULUMI_CONFIG_PASSPHRASE_FILE" ] || { echo "make: stack $(STACK) needs a\
 passphrase of your team's: set PULUMI_CONFIG_PASSPHRASE, or take a secrets provider" >&2; exit 1; };; \
	esac; fi

.DEFAULT_GOAL := verbs
.PHONY: verbs up down env test test-fast check check-workflows lock dist sizes bench chaos docs engine clean

verbs:
	@echo "make up     deploy the tutorial's pipeline to the local Platform: makes whatever is missing first (STACK=stage: that stack)"
	@echo "make down   destroy the stack, object by object, and stop the local Platform"
	@echo "make test   run all tests (WORKERS=2 ARGS=…: the number of workers, and arguments for pytest)"
	@echo "make test-fast  run the tests that need no Pulumi CLI"
	@echo "make check  lint, types, import layers"
	@echo "make check-workflows  actionlint over the GitHub workflows"
	@echo "make lock   pin every dependency anew in constraints.txt (ARGS=--keep: add what is missing, keep the rest)"
	@echo "make dist   build the distributions into dist/, check them, and try the wheel in clean environments"
	@echo "make sizes  how many packages and MB each extra brings"
	@echo "make bench  what the policy pack and aep review add to a preview, each as a ratio inside one run"
	@echo "make docs   write the reference, the tables of settings, policies and coverage, and the resources' signatures from the code"
	@echo "make chaos  deploy with faults and kills, again and again, and count what is lost: N=200 runs from SEED=1"
	@echo "make env    print what a shell needs to run pulumi by hand:  eval \"\$$(make env)\""
	@echo "make clean  remove what the verbs have made, the environment and the engine too"

# The environment: the pinned dependencies, and this package as it stands.
$(READY): pyproject.toml constraints.txt
	@echo "make: installing the pinned dependencies into .venv (about a minute, once)" >&2
	@test -x $(BIN)/python || $(PYTHON) -c 'import sys; sys.exit("make: Python 3.11 or newer is needed, this is %d.%d: name one with PYTHON=…" % sys.version_info[:2] if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' >&2
	@touch $@

engine: $(READY)
	@$(BIN)/python dev/pulumi/engine.py >/dev/null

# State, passphrase and PULUMI_HOME of stack dev lie in the checkout, unless the user has a backend. The passphrase is published:
# it encrypts nothing but the local Platform's pretended secrets. No other stack gets them.
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

# What a killed run has left open comes first: an `up` would make it a second time.
up: $(READY)
	@$(KNOWN)
	@$(ENVIRONMENT) && $(OWN_BACKEND) && $(ANSWERED) && $(if $(filter dev,$(STACK)),aep platform start &&) \
	pulumi stack select --create $(STACK) >/dev/null && \
	if pulumi stack export --stack $(STACK) | grep -q '"pending_operations"'; then aep recover --stack $(STACK); fi && \
	$(PULUMI_UP) && aep deployed --stack $(STACK)

down: $(READY)
	@$(KNOWN)
	@$(ENVIRONMENT) && $(OWN_BACKEND) && \
	if pulumi stack select $(STACK) >/dev/null 2>&1; then $(ANSWERED) && pulumi destroy --stack $(STACK) $(YES); \
	else echo "make: there is nothing to destroy: the backend has no stack $(STACK), or cannot be read; \`pulumi stack ls --all\` says\
 which there are" >&2; $(if $(filter dev,$(STACK)),true,exit 1); fi \
	$(if $(filter dev,$(STACK)),&& aep platform stop)

# One worker per core. Tests are spread one by one; those that share a fixture of their file stay together (tests/conftest.py).
WORKERS ?= auto
PYTEST = python -m pytest --numprocesses $(WORKERS) --dist loadgroup
test: $(READY) engine
	@$(ENVIRONMENT) && $(PYTEST) $(ARGS)

# Without a CLI to build or to find.
test-fast: $(READY)
	@PATH="$(BIN):$$PATH" $(PYTEST) -m "not engine" $(ARGS)

bench: $(READY) engine
	@$(ENVIRONMENT) && python tools/bench_policies.py && python tests/review/bench.py

N ?= 200
SEED ?= 1
chaos: $(READY) engine
	@$(ENVIRONMENT) && python tests/chaos/chaos.py --runs $(N) --seed $(SEED)

check: $(READY)
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && \
	$(BIN)/mypy aep_pulumi dev tools && $(BIN)/lint-imports && \
	for folder in stacks policies docs/examples samples/*/ templates/*/ tests/*/; do $(BIN)/mypy $$folder || exit 1; done

check-workflows: $(READY)
	@$(BIN)/python tools/check_workflows.py

lock: $(READY)
	@$(BIN)/python tools/lock.py $(ARGS)

# TAG=v0.1.0: what is released, which must be the package's version.
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
