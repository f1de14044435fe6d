# The front doors. Everything is built from package registries; nothing has to be installed but Rust,
# Go, make and a C compiler. Python 3.10 or newer makes one more test run, and CI needs it. CARGO_TARGET_DIR
# is honoured.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
LAB := $(TARGET)/debug/examples/lab
# Cargo would else take its share of processors from a make that has two of them.
BUILD := MAKEFLAGS= $(CARGO)
export KEEP

# A control plane that is there already is not built. Which one is used in the end, the tests and the
# demo decide (tests/support/controlplane); this only saves them from waiting for a build.
PLANE_AT_HAND := $(strip $(USE_EXISTING_CLUSTER) $(KUBEBUILDER_ASSETS) $(TEST_ASSET_KUBE_APISERVER) \
  $(wildcard /usr/local/kubebuilder/bin/kube-apiserver) \
  $(wildcard $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/kubebuilder-envtest/k8s/*) \
  $(wildcard $(HOME)/Library/Application?Support/io.kubebuilder.envtest/k8s/*))

.PHONY: help demo test model simulate soak fuzz mutants lint crds manifests image release-check doc controlplane helm engines tools demo-programs test-programs
.DEFAULT_GOAL := help

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "  %-18s %s\n", $$1, $$2 }'

demo: tools ## restarts on a simulated cloud, on a real API server; KEEP=1 leaves it running
	@$(MAKE) --no-print-directory -j2 controlplane demo-programs
	@KEEP= $(LAB) demo $(if $(filter 1,$(KEEP)),--keep)

test: tools ## all tests, on one real API server
	@$(MAKE) --no-print-directory -j2 engines test-programs
	@$(LAB) exec -- $(CARGO) test --locked --workspace

model: tools ## the protocol's model check with wide limits: minutes, gigabytes
	$(CARGO) test --locked -p model -- --include-ignored --nocapture --test-threads=2

simulate: tools ## worlds of faults, N of them; SEED=n shows one, step by step
	@$(CARGO) run --quiet --locked -p simulation -- $(if $(SEED),--seed $(SEED),--count $(or $(N),10000))

lint: tools ## format, clippy, gofmt, docs, dependencies
	$(CARGO) fmt --all --check
	@.ci/dependencies
	@.ci/deny
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	@command -v gofmt >/dev/null || { echo "make: gofmt is missing: install Go" >&2; exit 1; }
	@bad=$$(gofmt -l tests/controlplane tests/gitops); [ -z "$$bad" ] || { echo "gofmt would change: $$bad" >&2; exit 1; }
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps

crds: tools ## write crds/ again from the code
	UPDATE_CRDS=1 $(CARGO) test --locked --test crd shipped

manifests: tools helm ## write deploy/install.yaml and the chart's copies again
	UPDATE_INSTALL=1 $(CARGO) test --locked --test install -- the_one_file_is its_definitions
	UPDATE_INSTALL=1 $(CARGO) test --locked --test install -- it_renders

image: tools ## the image, without a daemon; PROFILE=quick is built in a third of the time
	@.ci/image $(or $(PROFILE),release)

release-check: tools controlplane ## everything that a release consists of, in target/dist
	@.ci/release

doc: tools ## API documentation of the code
	$(CARGO) doc --locked --workspace --no-deps

soak: tools ## N=2000 restarts while replicas are killed and frozen; SEED makes a run again
	@$(MAKE) --no-print-directory -j2 controlplane demo-programs
	@$(LAB) exec -- $(TARGET)/debug/examples/soak --requests $(or $(N),2000) $(if $(SEED),--seed $(SEED))

fuzz: tools ## SECONDS=60 of fuzzing; what is found becomes a test
	@tests/fuzz/run $(or $(SECONDS),60)

mutants: tools ## break the protocol and the classes of answers in every place (hours)
	@.ci/mutants $(MUTANTS)

controlplane: ## build the control plane of demo and tests (minutes, once)
ifeq ($(PLANE_AT_HAND),)
	@tests/controlplane/build.sh >/dev/null
endif

# After the control plane: two Go builds at once would take twice as long each.
helm: controlplane
	@.ci/go-tools/build.sh helm >/dev/null

# What Argo CD and Flux judge objects with.
engines: helm
	@tests/gitops/build.sh >/dev/null

demo-programs:
	@$(BUILD) build --locked -p restart-operator -p cloudsim --bins --examples

# Built before the control plane starts, so that it is not kept waiting for the compiler.
test-programs:
	@started=$$(date +%s); $(BUILD) test --locked --workspace --no-run && \
	  echo "make: tests built in $$(($$(date +%s) - started)) s"

tools:
	@command -v $(firstword $(CARGO)) >/dev/null || { echo "make: cargo is missing: install Rust 1.91 or newer" >&2; exit 1; }
	@command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null || \
	  { echo "make: a C compiler is missing (cc): the TLS library is built with it" >&2; exit 1; }
