# Two commands do everything on a fresh machine with Python 3.11 and make:
#   make run                          the gateway in front of an embedded legacy PACS, with a tour
#   make run UPSTREAM=http://pacs:8042  the gateway in front of yours
#   make test                         everything that proves it
# and three for patient people:
#   make soak MINUTES=10 SEED=1
#   make fuzz TARGET=reply SECONDS=600
#   make bench SECONDS=4 PEERS=nginx,Traefik   what a request costs, beside other proxies

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8080
ADMIN_PORT ?= 9090
UPSTREAM ?=
TARGET ?= $(patsubst tests/fuzz/seeds/%,%,$(wildcard tests/fuzz/seeds/*))
SECONDS ?= 180
MINUTES ?= 10
PEERS ?= all
SEED ?= 1
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help run test check unit soak fuzz bench performance reference packages lock sbom image-trial clean

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## start the gateway (UPSTREAM=URL, PORT, ADMIN_PORT)
ifeq ($(strip $(UPSTREAM)),)
	@$(BIN)/pacs-gateway demo --port $(PORT) --admin-port $(ADMIN_PORT)
else
	@$(BIN)/pacs-gateway serve --upstream $(UPSTREAM) --port $(PORT) --admin-port $(ADMIN_PORT)
endif

test: $(VENV)/.test packages ## everything that proves it: style, types, rings, tests, a real Orthanc
	@BIN=$(abspath $(BIN)) .ci/check
	@BIN=$(abspath $(BIN)) .ci/test

check: $(VENV)/.test ## format, lint, types
	@BIN=$(abspath $(BIN)) .ci/check

unit: $(VENV)/.test ## the tests that need no other server
	@$(BIN)/python -m pytest -q -n auto -m "not pacs"

soak: $(VENV)/.test ## ten bad minutes of an archive, and all books compared (MINUTES, SEED)
	@$(BIN)/python -m bench.soak --minutes $(MINUTES) --seed $(SEED)

fuzz: $(VENV)/.test ## look for broken promises (TARGET, SECONDS for each)
	@for target in $(TARGET); do $(BIN)/python tests/fuzz/run.py $$target -max_total_time=$(SECONDS) || exit; done

bench: SECONDS = 4
bench performance: export BENCH_PEERS ?= $(abspath $(VENV))/bench-peers
bench: $(VENV)/.bench ## what a request costs, beside other proxies (SECONDS of each measurement, PEERS)
	@$(BIN)/python -m bench.run --seconds $(SECONDS) --peers $(PEERS) --json build/bench/run.json

performance: bench ## the same and more, written to docs/performance.md
	@$(BIN)/python -m bench.micro --json build/bench/micro.json
	@$(BIN)/python -m bench.scaling --json build/bench/scaling.json
	@$(BIN)/python -m bench.report

reference: $(VENV)/.run ## write the schemas in config/ anew, and the pages that are made from tables
	@$(BIN)/pacs-gateway schema --output config/gateway.schema.json
	@$(BIN)/pacs-gateway schema --of cases --output config/cases.schema.json
	@$(BIN)/pacs-gateway schema --format markdown --output docs/configuration.md
	@$(BIN)/pacs-gateway schema --of cases --format markdown --output docs/cases.md
	@$(BIN)/python tests/documents/statuses_page.py
	@$(BIN)/python tests/documents/metrics_page.py
	@$(BIN)/python tests/probe/page.py
	@$(BIN)/python -m tests.stores.page
	@$(BIN)/python deploy/grafana/build.py
	@$(BIN)/python deploy/kubernetes/rules.py >deploy/kubernetes/components/monitoring/prometheusrule.yaml

lock: COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" $(UPGRADE)
lock: $(VENV)/bin/python ## write down what the image is made of, with hashes (UPGRADE=--upgrade takes newer releases)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'
	@$(COMPILE) --extra redis --extra tracing --output-file deploy/image/requirements.txt pyproject.toml
	@$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' \
		| $(COMPILE) --output-file deploy/image/build.txt -

sbom: $(VENV)/bin/python ## list what the image is made of, in build/sbom.cdx.json (CycloneDX)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'cyclonedx-bom>=7'
	@$(BIN)/python -m venv --clear --without-pip build/sbom
	@$(BIN)/python -m pip --python build/sbom/bin/python install --quiet --require-hashes --only-binary :all: -r deploy/image/requirements.txt
	@$(BIN)/python -m pip --python build/sbom/bin/python install --quiet --no-deps .
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file build/sbom.cdx.json build/sbom/bin/python

image-trial: $(VENV)/.test packages ## build the image and try it in front of a real Orthanc (root, Debian, podman)
	@PYTHON=$(BIN)/python deploy/image/trial.sh

packages:
	@.ci/packages

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit("pacs-gateway needs Python 3.11 or later, and %s is %s; name another with PYTHON=..." % (sys.executable, sys.version.split()[0]) if sys.version_info < (3, 11) else 0)'
	@echo "Making a virtual environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml
	@echo "Installing the gateway into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.test: $(VENV)/bin/python pyproject.toml
	@echo "Installing the gateway and its test tools into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.run

$(VENV)/.bench: $(VENV)/.run bench/install.py
	@echo "Installing the proxies to compare with ..."
	@BENCH_PEERS=$(abspath $(VENV))/bench-peers $(BIN)/python -m bench.install
	@touch $@
