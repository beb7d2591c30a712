"""What Railway is known to do wrong, by name; each can be armed by rate, by count and by call.

What Railway *always* does that surprises (errors with status 200, SUCCESS after a stop, sealed
values read as null) is not here: the stand-in always does it too (docs/sandbox-railway.md).
"""

from sandbox.faults import Fault

FAULTS = (
    Fault(
        "not-authorized",
        "the call is refused with Not Authorized though token and ids are right",
        "alchemy-run/distilled 00-errors.json; observed 2026",
    ),
    Fault(
        "reads-not-authorized",
        "only queries are refused with Not Authorized, as for a thing just deleted",
        "alchemy-run/distilled 00-errors.json",
    ),
    Fault(
        "problem-processing",
        "the call fails with `Problem processing request` and only a traceId",
        "railwayapp/cli issues; observed 2026",
    ),
    Fault(
        "rate-limited",
        "HTTP 429 with Retry-After, nothing done",
        "docs.railway.com/integrations/api",
    ),
    Fault(
        "cloudflare",
        "HTTP 429 with an HTML body (error 1015) from the proxy in front, nothing done",
        "station.railway.com 369be022; CopilotKit PR #4309",
    ),
    Fault(
        "bare-url",
        "the proxy turns away more than 10 requests a second to the address without a query",
        "terraform-provider-railway PR #55; CopilotKit PR #4309",
    ),
    Fault(
        "bad-gateway",
        "HTTP 502 `upstream connect error`, nothing done",
        "terraform-provider-railway issues; observed 2026",
    ),
    Fault(
        "bad-gateway-after",
        "HTTP 502 after the call was carried out",
        "derived: a gateway between us and a mutation",
    ),
    Fault(
        "dropped-before",
        "the connection is closed without an answer, nothing done",
        "derived: a line that breaks",
    ),
    Fault(
        "dropped-after",
        "the connection is closed without an answer after the call was carried out",
        "derived: a line that breaks after the work was done",
    ),
    Fault(
        "slow-reply",
        "the answer comes after 100 s (scaled): longer than a client waits",
        "railwayapp/cli@df3838b: its client waits 90 s",
    ),
    Fault(
        "unreadable",
        "HTTP 200 with a body that is not JSON",
        "derived: a page of a proxy instead of JSON",
    ),
    Fault(
        "partial",
        "data and errors in one answer, after the call was carried out",
        "graphql.org specification, section 7.1",
    ),
    Fault(
        "budget-unnamed",
        "no X-RateLimit headers, only ratelimit-policy",
        "observed 2026: ratelimit-policy alone",
    ),
    Fault(
        "documents-400",
        "invalid documents are answered with HTTP 400 instead of 200",
        "unverified at Railway: 200 or 400",
    ),
    Fault(
        "too-quickly",
        "a creation is refused as coming too quickly, with HTTP 200",
        "alchemy-run/distilled 00-errors.json",
    ),
    Fault(
        "in-progress",
        "a mutation is refused because an operation is already in progress",
        "alchemy-run/distilled 00-errors.json",
    ),
    Fault(
        "service-instance-late",
        "a service instance that exists is not found by this read",
        "alchemy-run/alchemy Railway provider",
    ),
    Fault(
        "volume-instance-late",
        "a volume instance that exists is missing from this read",
        "terraform-provider-railway PR #87",
    ),
    Fault(
        "volume-without-instance",
        "volumeCreate gives a volume that has no instance anywhere",
        "terraform-provider-railway #61, PR #62",
    ),
    Fault(
        "workflow-late",
        "workflowStatus says NotFound of a workflow that exists",
        "railwayapp/cli@df3838b src/controllers/workflow.rs",
    ),
    Fault(
        "workflow-fails",
        "the workflow ends in Error and has done nothing",
        "published schema: WorkflowStatus.Error",
    ),
    Fault(
        "bucket-credentials-late",
        "credentials of a bucket that exists are not found by this read",
        "alchemy-run/alchemy Railway provider",
    ),
    Fault(
        "s3-unavailable",
        "the S3 server answers 503 SlowDown",
        "S3 protocol: 503 SlowDown",
    ),
    Fault(
        "partial-update-resets",
        "serviceInstanceUpdate resets what it leaves out: replicas 1, no health check, no region",
        "CopilotKit PR #5754; alchemy ServiceProvider.ts",
    ),
    Fault(
        "unknown-enum",
        "a status in the answer has a value the published schema does not know",
        "drift between published and live schema, 2026-08",
    ),
    Fault(
        "staged-by-hand",
        "somebody has staged an edit in the dashboard before this call",
        "docs.railway.com/deployments/staged-changes",
    ),
    Fault(
        "edited-by-hand",
        "somebody has committed an edit in the dashboard before this call (startCommand changes)",
        "docs.railway.com/deployments/staged-changes",
    ),
    Fault(
        "patch-late",
        "a committed patch is applied after its mutation was answered",
        "published schema: EnvironmentPatchStatus.APPLYING",
    ),
    Fault(
        "patch-fails",
        "a committed patch is accepted and then not applied (lastAppliedError)",
        "published schema: EnvironmentPatch.lastAppliedError",
    ),
    Fault(
        "patch-key-dropped",
        "a patch is applied but for one key of `deploy`, which is silently left out",
        "unverified: opaque scalar, unknown keys accepted",
    ),
    Fault(
        "patches-race",
        "of two changes of an environment in flight together the second is lost",
        "alchemy-run/alchemy transient.ts",
    ),
    Fault(
        "seal-ignored",
        "isSealed in a patch is not honoured: the variable stays readable",
        "unverified at Railway",
    ),
    Fault(
        "pages-of-2",
        "connections give two edges a page whatever was asked",
        "derived: page sizes are not documented",
    ),
    Fault(
        "log-row-more",
        "log queries give limit + 1 rows",
        "railwayapp/cli@df3838b src/controllers/deployment.rs",
    ),
    Fault(
        "deploy-fails",
        "the deployment ends FAILED before its container starts",
        "docs.railway.com/deployments/reference",
    ),
    Fault(
        "deploy-stuck",
        "the deployment stays DEPLOYING until it is cancelled",
        "docs.railway.com/deployments/reference",
    ),
    Fault(
        "deploy-twice",
        "one request to deploy makes two deployments",
        "derived: a reply lost, a request made again",
    ),
    Fault(
        "host-moves",
        "Railway redeploys by itself soon after this deployment runs",
        "docs.railway.com/deployments/reference",
    ),
    Fault(
        "deployments-overlap",
        "with a volume too, the new container starts while the old one still runs",
        "railwayapp-templates/postgres-ssl PR #120",
    ),
    Fault(
        "mount-missing",
        "the container starts without its volume",
        "docs.railway.com/volumes; derived",
    ),
    Fault(
        "project-token-narrow",
        "a project token is refused at project(id) too",
        "stella #1065",
    ),
    Fault(
        "stop-refused",
        "deploymentStop fails",
        "derived: the first weapon fails",
    ),
    Fault(
        "stop-lies",
        "deploymentStop answers true and the container goes on",
        "derived: true is no proof",
    ),
    Fault(
        "stop-kills",
        "a stop or restart does not honour draining: SIGKILL at once",
        "unverified at Railway",
    ),
    Fault(
        "image-gone",
        "a restart or rollback fails because the image is no longer kept",
        "docs.railway.com/pricing/plans (image retention)",
    ),
    Fault(
        "service-delete-takes-volume",
        "serviceDelete deletes the attached volume as well",
        "terraform-provider-railway resource_service.go; unverified for the API",
    ),
    Fault(
        "domain-again",
        "`Failed to create service domain, please try again`",
        "alchemy-run/distilled 00-errors.json",
    ),
)
