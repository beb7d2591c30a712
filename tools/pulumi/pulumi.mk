# Pulumi: find or build the CLI, and check a stack against the policies. Included by the Makefile.
# PYTHON is the virtual environment's; STACK is the stack a preview is for.

PYTHON ?= .venv/bin/python
STACK ?= dev
POLICY_PACK = $(CURDIR)/infra/policy/pulumi-policy-poly

# What every Pulumi command of a person needs: our Python first on PATH, the CLI that was found.
WITH_PULUMI = cli="$$($(PYTHON) -c 'from ops.estate.cli import need; print(need().path)')" && \
  PATH="$(CURDIR)/$(dir $(PYTHON)):$$(dirname "$$cli"):$$PATH"

.PHONY: pulumi preview up

# The pulumi on PATH if new enough, else the vendor installer's, else built into build/pulumi.
pulumi:
	@$(PYTHON) tools/pulumi/build.py

# What `pulumi up` would change, under the mandatory policies.
preview: pulumi
	@$(WITH_PULUMI) "$$cli" preview --diff --stack $(STACK) --policy-pack $(POLICY_PACK)

# Change it, under the same policies; asks before it does.
up: pulumi
	@$(WITH_PULUMI) "$$cli" up --diff --stack $(STACK) --policy-pack $(POLICY_PACK)
