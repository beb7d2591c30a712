"""The Pulumi program: a stack's settings become the estate on Railway, and a few exports."""

import pulumi

from infra.estate import Estate
from infra.settings import read

estate = Estate("poly", read(pulumi.Config("poly")))
for name, value in estate.exports().items():
    pulumi.export(name, value)
