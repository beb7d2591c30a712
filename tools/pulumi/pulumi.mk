# Pulumi: find or build the CLI, and check a stack against the policies. Included by the Makefile.
# PYTHON is the virtual environment's; STACK is the stack a preview is for.

PYTHON ?= .venv/bin/python
STACK ?= dev
POLICY_PACK = $(CURDIR)/infra/policy/pulumi-policy-poly

.PHONY: pulumi preview

# The pulumi on PATH if new enough, else the vendor installer's, else built into build/pulumi.
pulumi:
	@$(PYTHON) tools/pulumi/build.py

# What `pulumi up` would change, under the mandatory policies.
preview: pulumi
	@cli="$$($(PYTHON) -c 'from ops.estate.cli import need; print(need().path)')" && \
	PATH="$(CURDIR)/$(dir $(PYTHON)):$$(dirname "$$cli"):$$PATH" \
	  "$$cli" preview --diff --stack $(STACK) --policy-pack $(POLICY_PACK)
