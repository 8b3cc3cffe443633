# Every target installs what it needs. `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
# The project brings its own Node: the machine's may be older.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)
DEPS := node_modules/.package-lock.json
CLUSTER_CLI := node test/cluster/cli.ts

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z][a-z0-9-]*:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(DEPS): package.json package-lock.json
	@echo "installing npm packages (Node included), about 20 s"
	@npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: deps
deps: $(DEPS) ## the npm packages, with the right Node among them

.PHONY: demo
demo: $(DEPS) ## the story of a minute; CLUSTER=kind|embedded|current chooses where
	@node demo/main.ts

.PHONY: up
up: $(DEPS) ## a kind cluster with the demo's registries and sets, left running
	@node demo/main.ts up

.PHONY: down
down: $(DEPS) ## removes what `make up` made
	@node demo/main.ts down

.PHONY: test
test: $(DEPS) ## everything: checks, unit, API server, kind, demos
	@node test/run.ts

.PHONY: test-unit
test-unit: $(DEPS) ## tests that need Node alone
	@vitest run --project unit

.PHONY: properties
properties: $(DEPS) ## the tests that need Node alone with other random numbers, ROUNDS=3 times; PROPERTY_SEED=… make test-unit repeats one
	@for round in $$(seq $(or $(ROUNDS),3)); do \
	  seed=$$RANDOM; echo "PROPERTY_SEED=$$seed"; PROPERTY_SEED=$$seed vitest run --project unit || exit 1; \
	done

.PHONY: test-interop
test-interop: $(DEPS) ## other people's EPP clients with the simulated registry, and the adapter with a registry on Net::EPP
	@vitest run --project interop

.PHONY: test-api
test-api: $(DEPS) ## tests on a real API server
	@$(CLUSTER_CLI) prepare api
	@vitest run --project api

.PHONY: test-e2e
test-e2e: $(DEPS) ## tests on kind, with the real image
	@$(CLUSTER_CLI) prepare kind
	@vitest run --project e2e

.PHONY: e2e
e2e: test-e2e ## the same: the demo's story from a helm install of the chart, and all else that needs a real cluster

.PHONY: flood
flood: $(DEPS) ## a gateway on a quiet kind cluster: core while checks flood, a rollout that breaks its bounds, and nobody to serve
	@$(CLUSTER_CLI) prepare kind
	@JUDGE_TIMES=1 vitest run --project e2e test/e2e/gateway.e2e.test.ts -t 'flood|refuses|by steps'

.PHONY: steady
steady: $(DEPS) ## watches a steady kind cluster for five minutes: nothing may be written but renewals
	@$(CLUSTER_CLI) prepare kind
	@STEADY_SECONDS=300 vitest run --project e2e test/e2e -t silent

.PHONY: chaos
chaos: $(DEPS) ## breaks a kind cluster in every way that is known; SCENARIO=a,b chooses
	@$(CLUSTER_CLI) prepare kind
	@node test/chaos/main.ts $(if $(SCENARIO),--scenario $(SCENARIO))

.PHONY: model
model: $(DEPS) ## the connection budget under random faults, checked at every step; RUNS=2000 FROM=1 change that, MUTANT=1..18 breaks it
	@node test/budget/model/main.ts "$(RUNS)" "$(FROM)" "$(MUTANT)"

.PHONY: check
check: $(DEPS) ## types, lint, generated files, import directions
	@node test/run.ts check

.PHONY: format
format: $(DEPS) ## formats the sources
	@biome check --write .

.PHONY: build
build: $(DEPS) ## the bundle in dist/
	@node scripts/build.ts

.PHONY: crds
crds: $(DEPS) ## generates crds/, manifests/install.yaml and docs/reference.md from the schemas
	@node src/main.ts crds --out crds
	@node scripts/manifests.ts
	@node scripts/reference.ts

.PHONY: image
image: $(DEPS) ## the container image eppset:dev
	@$(CLUSTER_CLI) image

.PHONY: soak
soak: $(DEPS) ## ten minutes of load while a registry does everything wrong; SOAK_SECONDS= and SEED= change that
	@node test/soak/main.ts $(or $(SOAK_SECONDS),600) $(SEED)

.PHONY: mixing
mixing: $(DEPS) ## 100,000 checks of 64 callers on one session: not one answer may go to another; CHECKS= and SEED= change that
	@node test/epp/mixing-run.ts $(or $(CHECKS),100000) $(SEED)

.PHONY: bench-adapter
bench-adapter: $(DEPS) ## one adapter against the limit of its sessions, its CPU, and a flood of checks
	@node test/bench/main.ts adapter

.PHONY: bench-gateway
bench-gateway: $(DEPS) ## what a gateway adds to a request, and its requests a CPU-second against nginx; installs nginx, as root
	@node test/bench/main.ts gateway

.PHONY: bench-engine
bench-engine: $(DEPS) ## the EPP engine alone against a bare TLS client with the same frames, by CPU
	@node test/bench/main.ts engine

.PHONY: bench-budget
bench-budget: $(DEPS) ## writes to the API by 10, 100, 1,000 pods, the hand-over of connections, 10,000 pods allocated; PART=writes or hand-over
	@$(CLUSTER_CLI) prepare api
	@BENCH_PARTS="$(PART)" BENCH_PODS="$(PODS)" node test/bench/main.ts allocate budget

.PHONY: bench
bench: $(DEPS) ## every benchmark; figures go to out/<name>.json
	@node test/bench/main.ts

.PHONY: bench-operator
bench-operator: $(DEPS) ## 1,000 sets and 3,000 pods on a real API server: time to converge, writes a set, memory, silence; SETS=1000
	@$(CLUSTER_CLI) prepare api
	@BENCH_SETS="$(SETS)" node test/bench/main.ts operator

.PHONY: bench-console
bench-console: $(DEPS) ## the console in Chromium: first paint, and how soon a hand-over is seen
	@node test/bench/main.ts console

.PHONY: package
package: $(DEPS) ## the npm package, out/eppset-VERSION.tgz, which needs no other
	@node scripts/package.ts

.PHONY: clean
clean: ## removes what was built in the checkout
	rm -rf dist out

.PHONY: clean-cluster
clean-cluster: $(DEPS) ## removes clusters, engine and caches of the test cluster
	@$(CLUSTER_CLI) clean
