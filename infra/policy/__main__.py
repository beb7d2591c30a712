"""Entry of the policy pack: the engine runs this directory."""

from infra.policy.pack import serve

serve()
