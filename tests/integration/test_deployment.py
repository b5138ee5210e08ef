"""What container/ ships for those who deploy: sound by the schemas of its readers, and true of the host that is built here."""
import copy
import json
import pathlib
import re
import subprocess

import pytest
import yaml

from conftest import BOUND, plugin_file

HERE = pathlib.Path(__file__).parent
CONTAINER = HERE.parents[1] / "container"


def faults(kind, documents):
    done = subprocess.run(["node", str(HERE / "schema_check.mjs")], input=json.dumps({"kind": kind, "documents": documents}),
                          capture_output=True, text=True, timeout=BOUND, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module", params=sorted(path.name for path in (CONTAINER / "kubernetes").glob("*.yaml")))
def manifest(request):
    return list(yaml.safe_load_all((CONTAINER / "kubernetes" / request.param).read_text()))


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((CONTAINER / "compose.yaml").read_text())


def of_kind(manifest, kind):
    return next(document for document in manifest if document["kind"] == kind)


def container_of(manifest):
    return of_kind(manifest, "Deployment")["spec"]["template"]["spec"]["containers"][0]


def test_kubernetes_manifest_is_valid(manifest):
    assert faults("kubernetes", manifest) == []
    assert {document["kind"] for document in manifest} >= {"Deployment", "Service", "PodDisruptionBudget", "HorizontalPodAutoscaler"}


def test_the_kubernetes_validator_can_fail(manifest):
    wrong = copy.deepcopy(manifest)
    of_kind(wrong, "Deployment")["spec"]["replicas"] = "two"
    container_of(wrong)["imagePulPolicy"] = "Always"
    of_kind(wrong, "Service")["spec"]["ports"][0].pop("port")
    found = "\n".join(faults("kubernetes", wrong))
    assert "Deployment/spec/replicas" in found and "imagePulPolicy is no field" in found and "Service/spec/ports/0" in found, found


def test_the_parts_of_a_kubernetes_manifest_belong_together(manifest):
    deployment, service = of_kind(manifest, "Deployment"), of_kind(manifest, "Service")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for selector in (deployment["spec"]["selector"]["matchLabels"], service["spec"]["selector"],
                     of_kind(manifest, "PodDisruptionBudget")["spec"]["selector"]["matchLabels"]):
        assert selector.items() <= labels.items()
    assert of_kind(manifest, "HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    ports = {port["name"] for port in container_of(manifest)["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= ports
    volumes = {volume["name"] for volume in deployment["spec"]["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container_of(manifest)["volumeMounts"]} == volumes


def test_a_kubernetes_manifest_runs_with_no_privileges(manifest):
    pod, container = of_kind(manifest, "Deployment")["spec"]["template"]["spec"], container_of(manifest)
    user = re.search(r"^USER (\d+):(\d+)$", (CONTAINER / "Dockerfile.worker-base").read_text(), re.M)
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (int(user[1]), int(user[2]))
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    assert container["securityContext"]["capabilities"]["drop"] == ["ALL"] and not container["securityContext"]["allowPrivilegeEscalation"]


def test_a_kubernetes_manifest_is_true_of_the_host(manifest, start_worker, run_host):
    """Started with its environment, the host answers its probes and exports the metric that the replicas follow."""
    container = container_of(manifest)
    environment = {variable["name"]: variable["value"] for variable in container["env"]}
    plugin = container["image"].rpartition("worker-")[2]
    worker = start_worker(plugin, env=environment, args=["--management-port", "0"])
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = container[probe]["httpGet"]
        assert asked["port"] == "management"
        assert worker.get(asked["path"], base=worker.management_url).status == 200, probe
    metrics = worker.get("/metrics", base=worker.management_url).body.decode()
    for metric in of_kind(manifest, "HorizontalPodAutoscaler")["spec"]["metrics"]:
        assert re.search(rf"^{metric['pods']['metric']['name']}[ {{]", metrics, re.M), metrics
    named = {port["name"]: port["containerPort"] for port in container["ports"]}
    printed = run_host("--plugin", plugin_file(plugin), "--print-config", env=environment).stdout
    assert re.search(rf"^port = {named['https']}\b", printed, re.M) and re.search(rf"^management_port = {named['management']}\b", printed, re.M), printed
    # Kubernetes kills what is still there then: later than the host ends by itself, with the two seconds of a call that does not return.
    drain = int(re.search(r"^drain_timeout_ms = (\d+)", printed, re.M)[1])
    assert of_kind(manifest, "Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] * 1000 >= drain + 2000


def test_compose_file_is_valid(compose):
    assert faults("compose", [compose]) == []
    wrong = copy.deepcopy(compose)
    next(iter(wrong["services"].values()))["memlimit"] = 1
    assert any("memlimit" in fault for fault in faults("compose", [wrong])), "the validator can fail"


def test_compose_file_is_true_of_the_host(compose, run_host):
    for service in compose["services"].values():
        plugin = service["image"].rpartition("worker-")[2]
        printed = run_host("--plugin", plugin_file(plugin), "--print-config").stdout
        port = re.search(r"^port = (\d+)", printed, re.M)[1]
        assert service["ports"] == [f"{port}:{port}"], printed
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and "no-new-privileges:true" in service["security_opt"]
