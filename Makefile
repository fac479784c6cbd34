# Every target calls the tool in cmd/agentteam or go: nothing is decided here.
ENV ?= development
ARGS ?=

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "ENV=$(ENV) chooses the environment of plan, diff, cost, deploy and destroy; ARGS=… adds flags"

.PHONY: dev
dev: agentteam ## run the services on this machine with a sample workflow, until Ctrl-C
	@bin/agentteam dev $(ARGS)

.PHONY: up down status
up: agentteam ## deploy account and development on a local AWS API and leave it running
	@bin/agentteam up $(ARGS)
down: agentteam ## stop the local AWS API and remove what up left behind
	@bin/agentteam down
status: agentteam ## say what runs and what is deployed
	@bin/agentteam status

.PHONY: synth plan diff cost deploy destroy bootstrap doctor
synth: agentteam ## write every stack's Terraform JSON to cdktf.out
	@bin/agentteam synth
plan: agentteam ## show what deploying ENV would change
	@bin/agentteam plan "$(ENV)" $(ARGS)
diff: agentteam ## list what deploying ENV would change; fails when there is any
	@bin/agentteam diff "$(ENV)" $(ARGS)
cost: agentteam ## estimate what ENV costs in a month; ARGS="--against other.tfvars" shows what that changes
	@bin/agentteam cost "$(ENV)" $(ARGS)
deploy: agentteam ## plan ENV, ask, apply that plan
	@bin/agentteam deploy "$(ENV)" $(ARGS)
doctor: agentteam ## look at ENV as AWS shows it, and say what is wrong
	@bin/agentteam doctor "$(ENV)" $(ARGS)
destroy: agentteam ## plan the removal of ENV, ask, apply that plan
	@bin/agentteam destroy "$(ENV)" $(ARGS)
bootstrap: agentteam ## deploy the account stack for the first time, state bucket included
	@bin/agentteam bootstrap $(ARGS)

.PHONY: images
images: agentteam ## build both services' images and push them to REGISTRY=<host>/<prefix>
	@bin/agentteam images "$(REGISTRY)" $(ARGS)

.PHONY: plan-summary drift smoke
plan-summary: agentteam ## summarize the plan of ENV (or several) in Markdown, without any value
	@bin/agentteam plan-summary $(ENV) $(ARGS)
drift: agentteam ## find what AWS has otherwise than the code says; fails when there is anything
	@bin/agentteam drift $(ENV) $(ARGS)
smoke: agentteam ## try a deployed environment at URL with the API key in KEY
	@bin/agentteam smoke "$(URL)" $(ARGS)

# What the pipeline does. The images of a commit have its short hash in their tag, as make images gives it.
COMMIT ?= HEAD
TAG ?= git-$(shell git rev-parse --short=12 HEAD)
CRANE = go run github.com/google/go-containerregistry/cmd/crane@v0.22.1

.PHONY: on-main registry-login release smoke-release
on-main: ## refuse a COMMIT that is not on main
	@git merge-base --is-ancestor "$(COMMIT)" origin/main || { echo "$(COMMIT) is not a commit of main: merge it first" >&2; exit 1; }
registry-login: ## let this machine push to REGISTRY, for twelve hours
	@aws ecr get-login-password | $(CRANE) auth login "$(firstword $(subst /, ,$(REGISTRY)))" --username AWS --password-stdin
release: agentteam ## deploy this commit's images to ENV without asking
	@bin/agentteam deploy "$(ENV)" --auto-approve --image-tag "$(TAG)"
smoke-release: agentteam ## wait until this commit answers at URL, and try it
	@bin/agentteam smoke "$(URL)" --version "$(TAG)" --limit 20m

.PHONY: build agentteam
build: agentteam ## build the app and the tool into bin/
	go build -o bin/synth .
agentteam:
	@go build -o bin/agentteam ./cmd/agentteam

# How long make fuzz stays with each target; 1000x is so many runs.
TIME ?= 60s

.PHONY: test test-fast test-live fuzz golden bench-synth bench-services
test: test-fast test-live ## run every test
test-fast: ## run the tests that need no AWS API and break nothing
	go test ./...
test-live: ## run the tests of the whole: life cycles on a local AWS API, the services through crashes, with progress
	mkdir -p .agentteam/test
	go test -tags live -p 1 -v -timeout 30m -artifacts -outputdir $(CURDIR)/.agentteam/test ./test/images ./test/services ./test/reliability ./examples
	go test -tags live -p 3 -v -timeout 60m ./test/deployed ./test/policy ./test/adoption ./test/commands ./test/lifecycle ./internal/emulator
# Without its bound, making one input smaller may take the whole time.
fuzz: ## fuzz each target of the module for TIME, one after the other; fails when one has found anything
	@grep -r --include='*_test.go' '^func Fuzz' . | sed -E 's|^(.*)/[^/]*:func (Fuzz[A-Za-z]*).*|\1 \2|' | sort | { failed=0; \
	while read -r package target; do \
		echo "== $$target in $$package"; \
		go test -run '^$$' -fuzz "^$$target$$" -fuzztime "$(TIME)" -fuzzminimizetime 100x "$$package" </dev/null || failed=1; \
	done; exit $$failed; }
golden: ## rewrite the goldens of the synthesized JSON
	go test . -update
bench-synth: ## compare synthesis with stock jsii and an empty stack
	go run ./cmd/benchsynth
bench-services: ## compare the services with a loop, plain DBOS and FastAPI
	go run ./cmd/benchservices $(ARGS)

GOLANGCI_LINT = go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.14.0
ACTIONLINT = go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
BUF = go run github.com/bufbuild/buf/cmd/buf@v1.75.0
FRESH = .agentteam/proto
# The commit whose gRPC API must still be understood.
BASE ?= HEAD

.PHONY: lint generate verify check
lint: ## vet and lint
	go vet -tags live ./...
	$(GOLANGCI_LINT) run
	$(ACTIONLINT)
generate: ## write the Go code of the gRPC API
	$(BUF) generate
verify: ## check that generated code and modules are what their sources say
	go mod tidy -diff
	$(BUF) lint
	$(BUF) format --diff --exit-code
	$(BUF) breaking --against ".git#ref=$(BASE)"
	rm -rf $(FRESH) && $(BUF) generate --output $(FRESH) && diff -r --exclude='*.proto' proto $(FRESH)/proto
check: lint verify test ## what CI runs
