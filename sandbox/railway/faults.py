"""What Railway is known to do wrong, by name; each can be armed by rate, by count and by call.

What Railway *always* does that surprises (errors with status 200, SUCCESS after a stop, sealed
values read as null) is not here: the stand-in always does it too (docs/sandbox-railway.md).
"""

from sandbox.faults import Fault

FAULTS = (
    Fault(
        "not-authorized",
        "the call is refused with Not Authorized though token and ids are right",
        "railway facts 1.4, 5.6",
    ),
    Fault(
        "reads-not-authorized",
        "only queries are refused with Not Authorized, as for a thing just deleted",
        "railway facts 1.4, 5.6",
    ),
    Fault(
        "problem-processing",
        "the call fails with `Problem processing request` and only a traceId",
        "railway facts 1.4",
    ),
    Fault(
        "rate-limited",
        "HTTP 429 with Retry-After, nothing done",
        "railway facts 1.3",
    ),
    Fault(
        "cloudflare",
        "HTTP 429 with an HTML body (error 1015) from the proxy in front, nothing done",
        "railway facts 1.1; CopilotKit PR #4309",
    ),
    Fault(
        "bad-gateway",
        "HTTP 502 `upstream connect error`, nothing done",
        "railway facts 1.4",
    ),
    Fault(
        "bad-gateway-after",
        "HTTP 502 after the call was carried out",
        "railway facts 1.4, 5.2",
    ),
    Fault(
        "dropped-before",
        "the connection is closed without an answer, nothing done",
        "railway facts 5.2",
    ),
    Fault(
        "dropped-after",
        "the connection is closed without an answer after the call was carried out",
        "railway facts 5.2",
    ),
    Fault(
        "slow-reply",
        "the answer comes after 100 s (scaled): longer than a client waits",
        "railway facts 1.4 (the CLI waits 90 s)",
    ),
    Fault(
        "unreadable",
        "HTTP 200 with a body that is not JSON",
        "railway facts 1.1 (proxy pages)",
    ),
    Fault(
        "partial",
        "data and errors in one answer, after the call was carried out",
        "railway facts 5.7",
    ),
    Fault(
        "budget-unnamed",
        "no X-RateLimit headers, only ratelimit-policy",
        "railway facts 1.3 (observed)",
    ),
    Fault(
        "documents-400",
        "invalid documents are answered with HTTP 400 instead of 200",
        "railway facts 1.4 (unverified which)",
    ),
    Fault(
        "too-quickly",
        "a creation is refused as coming too quickly, with HTTP 200",
        "railway facts 1.3",
    ),
    Fault(
        "in-progress",
        "a mutation is refused because an operation is already in progress",
        "railway facts 1.4",
    ),
    Fault(
        "service-instance-late",
        "a service instance that exists is not found by this read",
        "railway facts 5.4; terraform-provider-railway PR #87",
    ),
    Fault(
        "volume-instance-late",
        "a volume instance that exists is missing from this read",
        "railway facts 1.8, 5.4; terraform-provider-railway PR #87",
    ),
    Fault(
        "volume-without-instance",
        "volumeCreate gives a volume that has no instance anywhere",
        "railway facts 1.8; terraform-provider-railway #61",
    ),
    Fault(
        "workflow-late",
        "workflowStatus says NotFound of a workflow that exists",
        "railway facts 1.9, 5.4",
    ),
    Fault(
        "workflow-fails",
        "the workflow ends in Error and has done nothing",
        "railway facts 1.9",
    ),
    Fault(
        "bucket-credentials-late",
        "credentials of a bucket that exists are not found by this read",
        "railway facts 1.10, 5.4",
    ),
    Fault(
        "s3-unavailable",
        "the S3 server answers 503 SlowDown",
        "S3 protocol; railway facts 1.10 (public network only)",
    ),
    Fault(
        "partial-update-resets",
        "serviceInstanceUpdate resets what it leaves out: replicas 1, no health check, no region",
        "railway facts 1.6, 5.17; CopilotKit PR #5754",
    ),
    Fault(
        "unknown-enum",
        "a status in the answer has a value the published schema does not know",
        "railway facts 1.1 (drift)",
    ),
    Fault(
        "staged-by-hand",
        "somebody has staged an edit in the dashboard before this call",
        "railway facts 1.13, 5.13",
    ),
    Fault(
        "edited-by-hand",
        "somebody has committed an edit in the dashboard before this call (startCommand changes)",
        "railway facts 1.13 (etag)",
    ),
    Fault(
        "patch-late",
        "a committed patch is applied after its mutation was answered",
        "railway facts 1.13, 5.4",
    ),
    Fault(
        "patch-fails",
        "a committed patch is accepted and then not applied (lastAppliedError)",
        "railway facts 1.13",
    ),
    Fault(
        "patch-key-dropped",
        "a patch is applied but for one key of `deploy`, which is silently left out",
        "railway facts 1.13 (unknown keys), 6.1",
    ),
    Fault(
        "patches-race",
        "of two changes of an environment in flight together the second is lost",
        "railway facts 1.13, 5.5",
    ),
    Fault(
        "seal-ignored",
        "isSealed in a patch is not honoured: the variable stays readable",
        "railway facts 1.7 (unverified)",
    ),
    Fault(
        "pages-of-2",
        "connections give two edges a page whatever was asked",
        "railway facts 5.8",
    ),
    Fault(
        "log-row-more",
        "log queries give limit + 1 rows",
        "railway facts 1.4",
    ),
    Fault(
        "deploy-fails",
        "the deployment ends FAILED before its container starts",
        "railway facts 1.11",
    ),
    Fault(
        "deploy-stuck",
        "the deployment stays DEPLOYING until it is cancelled",
        "railway facts 3.2",
    ),
    Fault(
        "deploy-twice",
        "one request to deploy makes two deployments",
        "railway facts 5.2 (each write redeploys)",
    ),
    Fault(
        "host-moves",
        "Railway redeploys by itself soon after this deployment runs",
        "railway facts 2.2",
    ),
    Fault(
        "deployments-overlap",
        "with a volume too, the new container starts while the old one still runs",
        "railway facts 2.1; railwayapp-templates/postgres-ssl PR #120",
    ),
    Fault(
        "mount-missing",
        "the container starts without its volume",
        "railway facts 5.1",
    ),
    Fault(
        "project-token-narrow",
        "a project token is refused at project(id) too",
        "railway facts 1.2; stella #1065",
    ),
    Fault(
        "stop-refused",
        "deploymentStop fails",
        "railway facts 3.2",
    ),
    Fault(
        "stop-lies",
        "deploymentStop answers true and the container goes on",
        "railway facts 3.1 (prove it)",
    ),
    Fault(
        "stop-kills",
        "a stop or restart does not honour draining: SIGKILL at once",
        "railway facts 2.3 (unverified)",
    ),
    Fault(
        "image-gone",
        "a restart or rollback fails because the image is no longer kept",
        "railway facts 5.18",
    ),
    Fault(
        "service-delete-takes-volume",
        "serviceDelete deletes the attached volume as well",
        "railway facts 1.6 (unverified)",
    ),
    Fault(
        "domain-again",
        "`Failed to create service domain, please try again`",
        "railway facts 1.4",
    ),
)
