# Set up, run and test Tollens. Needs Python 3.11 or newer, make and a package index; `make help` lists the targets.
#
# PYTHON  interpreter that makes .venv (default: the first of python3.13, 3.12, 3.11, python3 that is new enough)
# TORCH   what to install as torch, with pip's options: a requirement, an index, a wheel's path. By default a Linux
#         machine without an NVIDIA driver gets the small CPU build from torch's own index, if that can be reached, and
#         any other the package index's build, for GPUs (make setup TORCH=torch asks for that one). A choice is
#         remembered in .venv, so later calls need not repeat it.
# EXTRAS  optional dependencies to install (default: test; others: gpu, s3, gcs, mutants): make setup EXTRAS=test,gpu
# TIER    size of `make run` (default: smoke; others: standard, long, full)
# ARGS    further arguments of `tollens run`, pytest or the mutants: make test ARGS="-m 'not slow'"

VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/set-up
EXTRAS ?= test
TIER ?= smoke

# Asked only when .venv is made. Version managers leave shims that exist but do not start, hence the trial.
NEW_ENOUGH := import sys, ensurepip; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11 python3 python; do \
	$$python -c '$(NEW_ENOUGH)' 2>/dev/null && echo $$python && break; done)

REMEMBERED_TORCH := $(shell cat $(VENV)/torch-requirement 2>/dev/null)
ifeq ($(strip $(TORCH)),)
override TORCH := $(REMEMBERED_TORCH)
endif
CONSTRAINTS := $(if $(TORCH),$(VENV)/constraints.txt,constraints.txt)

# The package index's torch for Linux is built for GPUs and brings gigabytes of CUDA; a machine without one needs a
# twentieth of it. What torch itself needs comes from the package index in either case.
CPU_BUILDS := https://download.pytorch.org/whl/cpu
GPU ?= $(shell { [ "$$(uname -s)" != Linux ] || [ -e /proc/driver/nvidia/version ] || command -v nvidia-smi; } >/dev/null && echo yes)
WITH_CUDA := $(GPU)$(findstring gpu,$(EXTRAS))

.DEFAULT_GOAL := help
.PHONY: help setup run test check mutants clean distclean always

help: ## list the targets
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: $(STAMP) ## make .venv and install everything that the other targets need

$(STAMP): pyproject.toml constraints.txt
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || { \
		python="$(PYTHON)"; \
		"$${python:-none}" -c '$(NEW_ENOUGH)' 2>/dev/null || { \
			echo "make: Tollens needs Python 3.11 or newer with venv and pip, and found $${python:-none};" \
				"install one (Debian: python3 and python3-venv) or name it: make PYTHON=/path/to/python3" >&2; \
			exit 1; }; \
		echo "Setting up $(VENV) with $$("$$python" --version); this takes some minutes, once."; \
		"$$python" -m venv --clear $(VENV); }
ifneq ($(TORCH),)
	@sed '/^torch==/d' constraints.txt > $(CONSTRAINTS)
	$(BIN)/python -m pip install -c $(CONSTRAINTS) $(TORCH)
	@printf '%s\n' '$(TORCH)' > $(VENV)/torch-requirement
else ifeq ($(strip $(WITH_CUDA)),)
	@$(BIN)/python -m pip install -q --no-deps --retries 0 --timeout 15 -c constraints.txt torch --index-url $(CPU_BUILDS) || \
		echo "make: torch's CPU builds cannot be reached; taking the package index's build of torch" >&2
endif
	$(BIN)/python -m pip install -c $(CONSTRAINTS) -e '.[$(EXTRAS)]'
	@touch $@

# Another TORCH than the one installed: set up again.
ifneq ($(TORCH),$(REMEMBERED_TORCH))
$(STAMP): always
endif

# The board shows contradicted (1) and unfinished (3) runs, too. make itself ends with 2 whenever a command fails: the
# command's own code is in its last line ("Error 1").
run: $(STAMP) ## put the whole registry to the test (smoke tier) and build the board in site/
	@$(BIN)/tollens run --tier $(TIER) $(ARGS); code=$$?; \
	case $$code in 0|1|3) $(BIN)/tollens board --calibration leaderboard/published/calibration.json --out site || exit $$?;; esac; \
	exit $$code

test: $(STAMP) ## ruff and the test suite, a process a core
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder $(ARGS)

check: $(STAMP) ## ruff, mypy and the registry's own consistency check
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/tollens check

mutants: $(STAMP) ## small changes of rule, theories and instruments, one at a time: does a test notice?
	@$(BIN)/python -c 'import cosmic_ray, coverage' 2>/dev/null || \
		$(BIN)/python -m pip install -c $(CONSTRAINTS) -e '.[mutants]'
	$(BIN)/python benchmarks/mutants.py $(ARGS)

clean: ## remove what the tools left behind, but neither .venv nor any record
	rm -rf site build dist .mypy_cache .pytest_cache .ruff_cache
	find . -path ./$(VENV) -prune -o -path ./.git -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

distclean: clean ## the same, and .venv; records in .tollens stay
	rm -rf $(VENV)
