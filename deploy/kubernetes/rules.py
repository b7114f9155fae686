"""Wraps the rules of deploy/prometheus in a PrometheusRule, the form in which a cluster takes them. It prints that, and
`make reference` writes it into the component. Kustomize cannot do this itself: it does not put one file into another.

The text is taken over line by line, so that its comments stay. Only files with rules are taken: those with a line `groups:`.
"""

from pathlib import Path

RULES = Path(__file__).parents[1] / "prometheus"
START = "groups:\n"
HEAD = """\
# Written by `make reference` from deploy/prometheus; do not edit.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: pacs-gateway
  labels:
    app.kubernetes.io/name: pacs-gateway
spec:
  groups:
"""


def groups(text: str) -> str:
    """What stands under `groups:`, and nothing where there is no such line."""
    return text.partition(START)[2] if text.startswith(START) else text.partition("\n" + START)[2]


def wrapped() -> str:
    lines = [line for file in sorted(RULES.glob("*.yaml")) for line in groups(file.read_text()).splitlines()]
    return HEAD + "".join(f"  {line}\n" if line else "\n" for line in lines)


if __name__ == "__main__":
    print(wrapped(), end="")
