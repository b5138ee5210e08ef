# The short way to everything; Meson does the work. `make help` lists the targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help

BUILD ?= build
PREFIX ?= /usr/local
JOBS ?= $(shell nproc 2>/dev/null || sysctl -n hw.ncpu)
INSTALL_PACKAGES := container/install-packages
# Sections of packages.debian that are called like plugins: what those are compiled with besides.
PLUGIN_SECTIONS := $(filter $(patsubst plugins/%/meson.build,%,$(wildcard plugins/*/meson.build)),$(shell sed -nE 's/^\[([a-z0-9_]+)\]$$/\1/p' container/packages.debian))
# A program of its own that shares nothing with the host. Only its PDF reader has a second thread; compiling all of it for that would
# take CI longer than it may: build tests/doc_converter/doc_converter_tests with -Db_sanitize=thread after changes to reader_pages.
WITHOUT_CONVERTERS := -Dplugin_doc_converter=disabled
PLUGINS_ENABLED := $(PLUGIN_SECTIONS:%=-Dplugin_%=enabled)
WORKERS := $(patsubst plugins/%/meson.build,%,$(wildcard plugins/*/meson.build))
comma := ,
SHARED_SUFFIX := $(if $(filter Darwin,$(shell uname -s)),dylib,so)
FUZZ_SECONDS ?= 20
FUZZ_SEED ?= 0
# Further options of Meson for `make test` and `make install`, such as -Db_lto=true.
SETUP_ARGS ?=
# Sanitizer builds run slower: bounds in the tests are multiplied by this.
SANITIZER_TIME_SCALE ?= 5
# ccache leaves files with a precompiled header alone unless told that this is fine.
export ENGINE IMAGE_PREFIX TAG BASE PREBUILT PORT BUILD_ARGS TARGET TAGS CA CERT KEY TOKEN
export CCACHE_SLOPPINESS ?= pch_defines,time_macros
# Warnings are no errors in sanitizer builds: with sanitizers, g++ 12 warns falsely of optionals (maybe-uninitialized).
# CI sets this to true. A packager's newer compiler may warn of what ours does not: that must not stop a build.
WERROR ?= false
# Line tables are what a sanitizer's report needs of debug information; the rest of it costs a third of the time to compile.
SANITIZER_BUILD := -Dbuildtype=debug -Doptimization=1 -Ddebug=false -Dc_args=-g1 -Dcpp_args=-g1 -Dwerror=false -Db_lundef=false
# A sanitizer's first finding ends the process, so that no test can pass over it.
export ASAN_OPTIONS ?= detect_leaks=1:strict_string_checks=1:abort_on_error=0:detect_stack_use_after_return=1
export UBSAN_OPTIONS ?= print_stacktrace=1:halt_on_error=1
export TSAN_OPTIONS ?= halt_on_error=1:second_deadlock_stack=1

# setup(DIRECTORY, MESON OPTIONS[, ENVIRONMENT]): configures, or changes the options where they differ from the last call's.
define setup
	@if [ ! -f $(1)/build.ninja ]; then \
	   $(3) meson setup $(1) $(2) >$(1).log 2>&1 || { cat $(1).log >&2; rm -f $(1).log; exit 1; }; rm -f $(1).log; \
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
	   npm install --prefix tests --omit=optional --no-package-lock --no-audit --no-fund --silent </dev/null && touch tests/node_modules/.installed; fi
endef

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo "workers: $(WORKERS)"

.PHONY: worker-run
worker-run: known-worker ## WORKER=name: installs packages, builds, makes certificates, serves on localhost
	@$(INSTALL_PACKAGES) build $(filter $(WORKER),$(PLUGIN_SECTIONS))
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false >/dev/null || cat $(BUILD)/meson-logs/meson-log.txt >&2
	$(if $(filter $(WORKER),$(PLUGIN_SECTIONS)),@meson configure $(BUILD) -Dplugin_$(WORKER)=enabled)
	$(call compile,$(BUILD),host/crank-host worker-$(WORKER))
	@$(BUILD)/host/crank-host certs init >&2
	@exec $(BUILD)/host/crank-host --plugin $(BUILD)/plugins/$(WORKER)/lib$(WORKER).$(SHARED_SUFFIX) --host localhost $(ARGS)

.PHONY: known-worker
known-worker:
	$(if $(filter $(WORKERS),$(WORKER)),@:,$(error WORKER=$(WORKER) is none of: $(WORKERS)))

.PHONY: build
build: ## everything but the tests
	@$(INSTALL_PACKAGES) build $(PLUGIN_SECTIONS)
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false
	@ninja -C $(BUILD) -j $(JOBS)

.PHONY: test
test: ## unit, ABI and integration tests
	@$(INSTALL_PACKAGES) build test $(PLUGIN_SECTIONS)
	$(node_modules)
	$(call setup,$(BUILD),-Dtests=true -Dwerror=$(WERROR) $(PLUGINS_ENABLED) $(SETUP_ARGS))
	$(call compile,$(BUILD))
	@tests/run-tests $(BUILD)

.PHONY: sanitize
sanitize: sanitize-address sanitize-thread ## the tests under ASan+UBSan and under TSan

# With clang: it compiles this in two thirds of the time, and is a second compiler over the whole code. The fuzz targets are made in the
# same directory: most of what they are made of is what the tests are made of.
define setup_address
	@$(INSTALL_PACKAGES) build test fuzz $(PLUGIN_SECTIONS)
	$(call setup,build-asan,-Dtests=true -Dfuzzers=true $(PLUGINS_ENABLED) $(SANITIZER_BUILD) -Db_sanitize=address$(comma)undefined,CC=clang CXX=clang++)
endef

.PHONY: sanitize-address
sanitize-address:
	$(setup_address)
	$(node_modules)
	$(call compile,build-asan)
	@CRANK_TEST_TIME_SCALE=$(SANITIZER_TIME_SCALE) tests/run-tests build-asan

.PHONY: sanitize-thread
sanitize-thread:
	@$(INSTALL_PACKAGES) build test
	$(node_modules)
	$(call setup,build-tsan,-Dtests=true $(WITHOUT_CONVERTERS) $(SANITIZER_BUILD) -Db_sanitize=thread)
	$(call compile,build-tsan)
	@CRANK_TEST_TIME_SCALE=$(SANITIZER_TIME_SCALE) tests/run-tests build-tsan

.PHONY: e2e
e2e: ## the scenarios of tests/e2e; TARGET=stdio|https|URL (all), CA, CERT, KEY, TOKEN, TAGS='@sync'
	@$(INSTALL_PACKAGES) build test $(PLUGIN_SECTIONS)
	$(node_modules)
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=true $(PLUGINS_ENABLED) >/dev/null
	$(call compile,$(BUILD),host/crank-host worker-doc_converter)
	@CRANK_BUILD_DIR=$(abspath $(BUILD)) tests/e2e/run

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZ_SECONDS (20), with inputs that nobody has seen unless FUZZ_SEED says which
	$(setup_address)
	@tests/run-fuzzers build-asan $(FUZZ_SECONDS) $(JOBS) $(FUZZ_SEED)

.PHONY: bench
bench: ## the figures: against nginx, start-up, memory, 10,000 WebSockets, half-open clients
	@$(INSTALL_PACKAGES) build bench $(PLUGIN_SECTIONS)
	$(call setup,build-bench,-Dtests=false $(PLUGINS_ENABLED) -Dbenchmarks=true -Dbuildtype=release -Db_lto=true)
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
	@$(INSTALL_PACKAGES) build tidy $(PLUGIN_SECTIONS)
	@[ -f $(BUILD)/build.ninja ] || meson setup $(BUILD) -Dtests=false
	@clang-tidy -p $(BUILD) --quiet $(wildcard host/*.cpp host/*/*.cpp plugins/*/*.cpp)

# -O2, because -O3 makes the host a quarter larger.
.PHONY: install
install: ## host, plugins and plugin API under PREFIX (/usr/local); DESTDIR works
	@$(INSTALL_PACKAGES) build $(PLUGIN_SECTIONS)
	$(call setup,build-release,-Dtests=false $(PLUGINS_ENABLED) -Dbuildtype=release -Doptimization=2 --prefix=$(abspath $(PREFIX)) $(SETUP_ARGS))
	$(call compile,build-release)
	@meson install -C build-release --no-rebuild --quiet

.PHONY: worker-base
worker-base: ## the image with the host and nothing else; ENGINE=docker|podman|buildah, PREBUILT=prefix of an installation
	@container/build-image base

.PHONY: worker-base-debug
worker-base-debug: ## the same with a shell
	@container/build-image debug

.PHONY: test-container
test-container: ## builds the images from PREBUILT (an installation) and tries them; as root, on Debian 12
	@$(INSTALL_PACKAGES) container test
	$(node_modules)
	@tests/container/run $(PREBUILT)

.PHONY: container-report
container-report: ## the same, and the table in container/README.md
	@$(INSTALL_PACKAGES) container test
	$(node_modules)
	@tests/container/run $(PREBUILT) --report

.PHONY: worker-build
worker-build: known-worker ## WORKER=name: that worker's image, worker-base and one plugin
	@container/build-image worker $(WORKER)

.PHONY: clean
clean: ## removes what was built
	rm -rf $(BUILD) build-asan build-tsan build-bench build-release
