# The short way to everything; Meson does the work. `make help` lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help

BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
INSTALL_PACKAGES := container/install-packages
WORKERS := $(patsubst plugins/%/meson.build,%,$(wildcard plugins/*/meson.build))
comma := ,
SHARED_SUFFIX := $(if $(filter Darwin,$(shell uname -s)),dylib,so)
FUZZ_SECONDS ?= 20
# Sanitizer builds run slower: bounds in the tests are multiplied by this.
SANITIZER_TIME_SCALE ?= 5
# ccache leaves files with a precompiled header alone unless told that this is fine.
export CCACHE_SLOPPINESS ?= pch_defines,time_macros
# Warnings are no errors in sanitizer builds: with sanitizers, g++ 12 warns falsely of optionals (maybe-uninitialized).
# A sanitizer's first finding ends the process, so that no test can pass over it.
export ASAN_OPTIONS ?= detect_leaks=1:strict_string_checks=1:abort_on_error=0:detect_stack_use_after_return=1
export UBSAN_OPTIONS ?= print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS ?= halt_on_error=1:second_deadlock_stack=1

# setup(DIRECTORY, MESON OPTIONS): configures, or changes the options where they differ from the last call's.
define setup
	@if [ ! -f $(1)/build.ninja ]; then \
	   meson setup $(1) $(2) >$(1).log 2>&1 || { cat $(1).log >&2; rm -f $(1).log; exit 1; }; rm -f $(1).log; \
	 elif [ "$$(cat $(1)/.options 2>/dev/null)" != '$(2)' ]; then meson configure $(1) $(2); fi; echo '$(2)' >$(1)/.options
endef
# compile(DIRECTORY, TARGETS): shows progress on a terminal, else only what goes wrong.
define compile
	@echo "building in $(1)/" >&2
	@if [ -t 2 ]; then quiet=; else quiet=--quiet; fi; ninja -C $(1) -j $(JOBS) $$quiet $(2) >&2
endef

# Clients and validators that only npm has; installed once, and again when tests/package.json changes.
define node_modules
	@if [ ! tests/node_modules/.installed -nt tests/package.json ]; then \
	   npm install --prefix tests --no-package-lock --no-audit --no-fund --silent </dev/null && touch tests/node_modules/.installed; fi
endef

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "workers: $(WORKERS)"

.PHONY: worker-run
worker-run: known-worker ## WORKER=name: installs packages, builds, makes certificates, serves on localhost
	@$(INSTALL_PACKAGES) build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false >/dev/null || cat $(BUILD)/meson-logs/meson-log.txt >&2
	$(call compile,$(BUILD),host/crank-host plugins/$(WORKER)/lib$(WORKER).$(SHARED_SUFFIX))
	@$(BUILD)/host/crank-host certs init >&2
	@exec $(BUILD)/host/crank-host --plugin $(BUILD)/plugins/$(WORKER)/lib$(WORKER).$(SHARED_SUFFIX) --host localhost $(ARGS)

.PHONY: known-worker
known-worker:
	$(if $(filter $(WORKERS),$(WORKER)),@:,$(error WORKER=$(WORKER) is none of: $(WORKERS)))

.PHONY: build
build: ## everything but the tests
	@$(INSTALL_PACKAGES) build
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false
	@ninja -C $(BUILD) -j $(JOBS)

.PHONY: test
test: ## unit, ABI and integration tests
	@$(INSTALL_PACKAGES) build test
	$(node_modules)
	$(call setup,$(BUILD),-Dtests=true)
	$(call compile,$(BUILD))
	@tests/run-tests $(BUILD)

.PHONY: sanitize
sanitize: sanitize-address sanitize-thread ## the tests under ASan+UBSan and under TSan

.PHONY: sanitize-address
sanitize-address:
	@$(INSTALL_PACKAGES) build test
	$(node_modules)
	$(call setup,build-asan,-Dtests=true -Dbuildtype=debug -Doptimization=1 -Dwerror=false -Db_sanitize=address$(comma)undefined -Db_lundef=false)
	$(call compile,build-asan)
	@CRANK_TEST_TIME_SCALE=$(SANITIZER_TIME_SCALE) tests/run-tests build-asan

.PHONY: sanitize-thread
sanitize-thread:
	@$(INSTALL_PACKAGES) build test
	$(node_modules)
	$(call setup,build-tsan,-Dtests=true -Dbuildtype=debug -Doptimization=1 -Dwerror=false -Db_sanitize=thread -Db_lundef=false)
	$(call compile,build-tsan)
	@CRANK_TEST_TIME_SCALE=$(SANITIZER_TIME_SCALE) tests/run-tests build-tsan

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZ_SECONDS (20)
	@$(INSTALL_PACKAGES) build fuzz
	@[ -f build-fuzz/build.ninja ] || CC=clang CXX=clang++ meson setup build-fuzz -Dfuzzers=true -Dtests=false \
	  -Dbuildtype=debug -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false >build-fuzz.log 2>&1 || { cat build-fuzz.log >&2; exit 1; }
	@rm -f build-fuzz.log
	@tests/run-fuzzers build-fuzz $(FUZZ_SECONDS) $(JOBS)

.PHONY: bench
bench: ## the figures: against nginx, start-up, memory, 10,000 WebSockets, half-open clients
	@$(INSTALL_PACKAGES) build bench
	$(call setup,build-bench,-Dtests=false -Dbenchmarks=true -Dbuildtype=release -Db_lto=true)
	$(call compile,build-bench)
	@/usr/bin/env python3 tests/bench/run.py --build build-bench --json $(BUILD)/bench.json $(ARGS)

LINTED = $(shell git ls-files -- 'host/*.[ch]pp' 'plugins/*.[ch]pp' 'plugins/*.[ch]' 'tests/*.[ch]pp' 'tests/*.[ch]')
.PHONY: lint
lint: ## clang-format over everything but plugin_api, whose headers are laid out by hand
	@$(INSTALL_PACKAGES) lint
	@clang-format --dry-run -Werror $(LINTED)

.PHONY: format
format: ## rewrites what `make lint` would complain about
	@$(INSTALL_PACKAGES) lint
	@clang-format -i $(LINTED)

.PHONY: tidy
tidy: ## clang-tidy over host/ and plugins/
	@$(INSTALL_PACKAGES) build tidy
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false
	@clang-tidy -p $(BUILD) --quiet $(wildcard host/*.cpp host/*/*.cpp plugins/*/*.cpp)

.PHONY: install
install: ## host, plugins and plugin API under PREFIX (/usr/local); DESTDIR works
	@$(INSTALL_PACKAGES) build
	$(call setup,build-release,-Dtests=false -Dbuildtype=release --prefix=$(abspath $(PREFIX)))
	$(call compile,build-release)
	@meson install -C build-release --no-rebuild --quiet

.PHONY: clean
clean: ## removes what was built
	rm -rf $(BUILD) build-asan build-tsan build-fuzz build-bench build-release
