"""Services, instances, limits, autodeploy, triggers, domains, static addresses."""

from sandbox.railway.model import shape
from sandbox.railway.model.config import peek, section
from sandbox.railway.model.plan import PREFERRED_REGION
from sandbox.railway.model.records import Domain, Json, Service, ServiceInstance, Trigger
from sandbox.railway.model.refusal import Refusal, not_authorized, not_found
from sandbox.railway.rules import deployments, services
from sandbox.railway.wire.answers import objects, plain
from sandbox.railway.wire.call import Call

GB = 10**9


def _create(call: Call, args: Json) -> Json:
    given = args["input"]
    project = call.project(given["projectId"])
    environment = None
    if given.get("environmentId"):
        environment = call.environment(given["environmentId"], project.id)
    shape.check(given.get("variables"), shape.VARIABLES, "variables")
    if given.get("registryCredentials"):
        services.check_settings(call.world, given)
    now = call.world.now()
    identity = call.world.new_id()
    service = Service(
        identity, given.get("name") or f"service-{identity[:6]}", project.id, now, now
    )
    service.icon = given.get("icon")
    services.create(call.world, service, environment)
    for instance in services.instances_of(call.world, service):
        home = call.world.estate.environments[instance.environment_id]
        body = section(home.config, "services", service.id)
        for name, value in (given.get("variables") or {}).items():
            kept = value if isinstance(value, dict) else {"value": value}
            section(body, "variables")[name] = kept
        _connect(body, {**(given.get("source") or {}), "branch": given.get("branch")})
        if deployments.has_source(home, service.id):
            deployments.request(call.world, instance, "deploy")
    return objects.service(call, service)


def _connect(body: Json, given: Json) -> None:
    source = {key: value for key, value in given.items() if value is not None}
    if source.get("image") or source.get("repo"):
        section(body, "source").clear()
        section(body, "source").update(source)


def _read(call: Call, args: Json) -> Json:
    return objects.service(call, call.service(args["id"]))


def _update(call: Call, args: Json) -> Json:
    service, given = call.living_service(args["id"]), args["input"]
    name = given.get("name")
    if name is not None:
        for other in call.world.estate.services.values():
            same = other.project_id == service.project_id and other.name == name
            if same and other.id != service.id and other.deleted_at is None:
                raise Refusal(f'A service named "{name}" already exists in this project')
        service.name = name
    if given.get("icon") is not None:
        service.icon = given["icon"]
    service.updated_at = call.world.now()
    return objects.service(call, service)


def _delete(call: Call, args: Json) -> bool:
    service = call.living_service(args["id"])
    environment = None
    if args.get("environmentId"):
        environment = call.environment(args["environmentId"], service.project_id)
    services.delete(call.world, service, environment)
    return True


def _serve_from(call: Call, args: Json) -> Json:
    """Connect a source: it deploys. A repository without a branch fails silently."""
    service, given = call.living_service(args["id"]), args["input"]
    for instance in services.instances_of(call.world, service):
        home = call.world.estate.environments[instance.environment_id]
        if not call.caller.sees_environment(home.id):
            continue
        if given.get("repo") and not given.get("branch"):
            continue
        _connect(section(home.config, "services", service.id), given)
        if deployments.has_source(home, service.id):
            deployments.request(call.world, instance, "deploy")
    return objects.service(call, service)


def _disconnect(call: Call, args: Json) -> Json:
    service = call.living_service(args["id"])
    for instance in services.instances_of(call.world, service):
        home = call.world.estate.environments[instance.environment_id]
        section(home.config, "services", service.id).pop("source", None)
    return objects.service(call, service)


def _instance(call: Call, args: Json) -> Json:
    instance = call.instance(args["serviceId"], args["environmentId"])
    if call.world.now() < instance.visible_at:
        raise not_found("ServiceInstance")
    return objects.service_instance(call, instance)


def _instance_update(call: Call, args: Json) -> bool:
    if args.get("environmentId") is not None:
        instance = call.instance(args["serviceId"], args["environmentId"])
        services.update_instance(call.world, instance, args["input"])
        return True
    for instance in services.instances_of(call.world, call.living_service(args["serviceId"])):
        call.environment(instance.environment_id)
        services.update_instance(call.world, instance, args["input"])
    return True


def _containers(call: Call, instance: ServiceInstance) -> Json:
    home = call.world.estate.environments[instance.environment_id]
    found = peek(home.config, "services", instance.service_id, "deploy", "limitOverride")
    return peek(found, "containers")


def _limits(call: Call, args: Json) -> Json:
    instance = call.instance(args["serviceId"], args["environmentId"])
    return {
        "containers": {
            **call.world.plan.limits()["containers"],
            **_containers(call, instance),
        }
    }


def _limit_override(call: Call, args: Json) -> Json | None:
    found = _containers(call, call.instance(args["serviceId"], args["environmentId"]))
    return {"containers": found} if found else None


def _limits_update(call: Call, args: Json) -> bool:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    plan = call.world.plan
    cpus, memory = given.get("vCPUs"), given.get("memoryGB")
    if (cpus or 0) > plan.cpus_max or (memory or 0) > plan.memory_gb_max:
        raise Refusal("Limits exceed the plan")
    home = call.world.estate.environments[instance.environment_id]
    kept = section(
        home.config, "services", instance.service_id, "deploy", "limitOverride", "containers"
    )
    if cpus is not None:
        kept["cpu"] = cpus
    if memory is not None:
        kept["memoryBytes"] = int(memory * GB)
    return True


def _auto_deploy(call: Call, args: Json) -> Json:
    instance = call.instance(args["serviceId"], args["environmentId"])
    home = call.environment(args["environmentId"], args["projectId"])
    repo = bool(peek(home.config, "services", instance.service_id, "source").get("repo"))
    reason = None if repo else "The service is not connected to a repository"
    return {
        "enabled": instance.auto_deploy and repo,
        "canEnable": repo,
        "reason": reason,
    }


def _auto_deploy_update(call: Call, args: Json) -> Json:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    instance.auto_deploy = given["enabled"]
    return {"enabled": instance.auto_deploy}


def _triggers(call: Call, args: Json) -> Json:
    instance = call.instance(args["serviceId"], args["environmentId"])
    listed = [
        plain.trigger(one)
        for one in call.world.estate.triggers.values()
        if one.service_id == instance.service_id and one.environment_id == instance.environment_id
    ]
    return call.connection(listed, args)


def _trigger_create(call: Call, args: Json) -> Json:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    for other in call.world.estate.triggers.values():
        same = other.service_id == instance.service_id
        if same and other.environment_id == instance.environment_id:
            raise Refusal("A deployment trigger already exists for this service")
    trigger = Trigger(
        id=call.world.new_id(),
        environment_id=instance.environment_id,
        service_id=instance.service_id,
        branch=given["branch"],
        repository=given["repository"],
        provider=given["provider"],
        check_suites=bool(given.get("checkSuites")),
    )
    call.world.estate.triggers[trigger.id] = trigger
    return plain.trigger(trigger)


def _own_trigger(call: Call, identity: str) -> Trigger:
    trigger = call.world.estate.triggers.get(identity)
    if trigger is None:
        raise not_found("DeploymentTrigger")
    call.environment(trigger.environment_id)
    return trigger


def _trigger_update(call: Call, args: Json) -> Json:
    trigger, given = _own_trigger(call, args["id"]), args["input"]
    trigger.branch = given.get("branch") or trigger.branch
    trigger.repository = given.get("repository") or trigger.repository
    if given.get("checkSuites") is not None:
        trigger.check_suites = given["checkSuites"]
    return plain.trigger(trigger)


def _trigger_delete(call: Call, args: Json) -> bool:
    del call.world.estate.triggers[_own_trigger(call, args["id"]).id]
    return True


def _domains(call: Call, args: Json) -> Json:
    instance = call.instance(args["serviceId"], args["environmentId"])
    return plain.domains(call, instance.service_id, instance.environment_id)


def _service_domain(call: Call, args: Json) -> Json:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    if call.strikes("domain-again"):
        raise Refusal("Failed to create service domain, please try again")
    service = call.world.estate.services[instance.service_id]
    return _keep_domain(call, instance, f"{service.name}-{instance.id[:4]}.up.railway.app", given)


def _custom_domain(call: Call, args: Json) -> Json:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    return _keep_domain(call, instance, given["domain"], given, custom=True)


def _keep_domain(
    call: Call, instance: ServiceInstance, name: str, given: Json, *, custom: bool = False
) -> Json:
    domain = Domain(
        id=call.world.new_id(),
        environment_id=instance.environment_id,
        service_id=instance.service_id,
        domain=name,
        target_port=given.get("targetPort"),
        custom=custom,
    )
    call.world.estate.domains[domain.id] = domain
    return plain.domain(domain)


def _own_domain(call: Call, identity: str) -> Domain:
    domain = call.world.estate.domains.get(identity)
    if domain is None:
        raise not_found("Domain")
    call.environment(domain.environment_id)
    return domain


def _service_domain_update(call: Call, args: Json) -> bool:
    given = args["input"]
    domain = _own_domain(call, given["serviceDomainId"])
    domain.domain = given["domain"]
    domain.target_port = given.get("targetPort", domain.target_port)
    return True


def _custom_domain_update(call: Call, args: Json) -> bool:
    domain = _own_domain(call, args["id"])
    domain.target_port = args.get("targetPort", domain.target_port)
    return True


def _domain_delete(call: Call, args: Json) -> bool:
    del call.world.estate.domains[_own_domain(call, args["id"]).id]
    return True


def _gateways(call: Call, args: Json) -> list[Json]:
    instance = call.instance(args["serviceId"], args["environmentId"])
    region = call.world.estate.egress.get(instance.id)
    if region is None:
        return []
    return [{"ipv4": f"192.0.2.{n}", "region": region, "zone": None} for n in (10, 11, 12)]


def _gateway_create(call: Call, args: Json) -> list[Json]:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    if call.world.plan.name != "pro":
        raise not_authorized()
    call.world.estate.egress[instance.id] = given.get("region") or PREFERRED_REGION
    return _gateways(call, given)


def _gateways_clear(call: Call, args: Json) -> bool:
    given = args["input"]
    instance = call.instance(given["serviceId"], given["environmentId"])
    call.world.estate.egress.pop(instance.id, None)
    return True


QUERY = {
    "service": _read,
    "serviceInstance": _instance,
    "serviceInstanceLimits": _limits,
    "serviceInstanceLimitOverride": _limit_override,
    "serviceInstanceAutoDeployStatus": _auto_deploy,
    "deploymentTriggers": _triggers,
    "domains": _domains,
    "egressGateways": _gateways,
}
MUTATION = {
    "serviceCreate": _create,
    "serviceUpdate": _update,
    "serviceDelete": _delete,
    "serviceConnect": _serve_from,
    "serviceDisconnect": _disconnect,
    "serviceInstanceUpdate": _instance_update,
    "serviceInstanceLimitsUpdate": _limits_update,
    "serviceInstanceAutoDeployUpdate": _auto_deploy_update,
    "deploymentTriggerCreate": _trigger_create,
    "deploymentTriggerUpdate": _trigger_update,
    "deploymentTriggerDelete": _trigger_delete,
    "serviceDomainCreate": _service_domain,
    "serviceDomainUpdate": _service_domain_update,
    "serviceDomainDelete": _domain_delete,
    "customDomainCreate": _custom_domain,
    "customDomainUpdate": _custom_domain_update,
    "customDomainDelete": _domain_delete,
    "egressGatewayAssociationCreate": _gateway_create,
    "egressGatewayAssociationsClear": _gateways_clear,
}
