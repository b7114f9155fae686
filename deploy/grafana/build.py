"""Makes the dashboard that Grafana reads (dashboards/pacs-gateway.json) of the table that people read (panels.yaml).

    python deploy/grafana/build.py

Only panels of Grafana's core are used, in the form that releases 10.4 to 12 read (schemaVersion 39). Places are counted out
here: panels stand side by side until the line is full.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

FOLDER: Final = Path(__file__).parent
TABLE: Final = FOLDER / "panels.yaml"
DASHBOARD: Final = FOLDER / "dashboards" / "pacs-gateway.json"
SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

_COLUMNS, _WIDE, _HIGH = 24, 8, 8
_TYPES = {"lines": "timeseries", "timeline": "state-timeline"}  # the others are called as we call them
_HIGHS = {"stat": 4}
_SELECTOR = re.compile(r"\{(gateway|upstream|transaction|exchange)(, [^}]+)?\}")

Table = Mapping[str, Any]


def table() -> dict[str, Any]:
    return yaml.safe_load(TABLE.read_text())


def query(expression: str, selectors: Mapping[str, str]) -> str:
    """With the selectors written out."""
    return _SELECTOR.sub(lambda found: f"{{{selectors[found[1]]}{found[2] or ''}}}", expression)


def dashboard(source: Table) -> dict[str, Any]:
    return {
        "uid": "pacs-gateway",
        "title": "pacs-gateway",
        "description": "What the archive said, what clients got, and why. Made by deploy/grafana/build.py.",
        "tags": ["dicom", "pacs-gateway"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,  # one cross-hair for all panels
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "timezone": "browser",
        "templating": {"list": list(_variables(source["variables"]))},
        "annotations": {"list": [_reloads(source["selectors"])]},
        "panels": [{"id": number, **panel} for number, panel in enumerate(_placed(source), 1)],
    }


def _variables(asked: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    yield {"name": "datasource", "label": "data source", "type": "datasource", "query": "prometheus"}
    for name, expression in asked.items():
        yield {
            "name": name,
            "type": "query",
            "datasource": SOURCE,
            "query": {"query": expression, "refId": name},
            "definition": expression,
            "refresh": 2,  # whenever the time shown changes
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "allValue": ".*",
            "current": {"text": ["All"], "value": ["$__all"]},
        }


def _reloads(selectors: Mapping[str, str]) -> dict[str, Any]:
    """A line through all panels where a new configuration came into force."""
    expression = "changes(pacs_gateway_config_last_reload_success_timestamp_seconds{gateway}[2m]) > 0"
    return {
        "name": "new configuration",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "#7a4fb5",
        "expr": query(expression, selectors),
        "step": "60s",
        "titleFormat": "new configuration on {{instance}}",
    }


def _placed(source: Table) -> Iterator[dict[str, Any]]:
    """Every panel with its place; rows are panels too."""
    top = 0
    for row in source["rows"]:
        yield {"type": "row", "title": row["title"], "collapsed": False, "gridPos": _place(0, top, _COLUMNS, 1)}
        left, top, height = 0, top + 1, 0
        for panel in row["panels"]:
            wide = panel.get("wide", _WIDE)
            high = panel.get("high", _HIGHS.get(panel.get("kind"), _HIGH))
            if left + wide > _COLUMNS:
                left, top, height = 0, top + height, 0
            yield {**_panel(panel, source), "gridPos": _place(left, top, wide, high)}
            left, height = left + wide, max(height, high)
        top += height


def _place(left: int, top: int, wide: int, high: int) -> dict[str, int]:
    return {"x": left, "y": top, "w": wide, "h": high}


def _panel(panel: Table, source: Table) -> dict[str, Any]:
    kind = panel.get("kind", "lines")
    return {
        "type": _TYPES.get(kind, kind),
        "title": panel["title"],
        "description": panel["what"],
        "datasource": SOURCE,
        "targets": [_target(*one, kind, source) for one in zip("ABCDEF", panel["ask"].items(), strict=False)],
        "fieldConfig": {"defaults": _defaults(panel, kind), "overrides": list(_overrides(panel, source["colours"]))},
        "transformations": [_columns(panel)] if kind == "table" else [],
        **_LOOKS[kind],
    }


def _target(ref: str, asked: tuple[str, str], kind: str, source: Table) -> dict[str, Any]:
    legend, expression = asked
    as_table = {"instant": True, "format": "table"} if kind == "table" else {"range": True}
    as_heatmap = {"format": "heatmap"} if kind == "heatmap" else {}
    expr = query(expression, source["selectors"])
    return {"refId": ref, "datasource": SOURCE, "expr": expr, "legendFormat": legend, **as_table, **as_heatmap}


def _defaults(panel: Table, kind: str) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel["unit"]}
    if "words" in panel:
        options = {str(value): {"text": text} for value, text in panel["words"].items()}
        defaults["mappings"] = [{"type": "value", "options": options}]
    if kind == "lines":
        area = {"mode": "normal", "group": "A"} if panel.get("stacked") or panel.get("codes") else {"mode": "none"}
        filled = 60 if area["mode"] == "normal" else 0
        defaults["min"] = 0
        defaults["custom"] = {"fillOpacity": filled, "lineWidth": 1, "showPoints": "never", "stacking": area}
    return defaults


def _overrides(panel: Table, colours: Mapping[object, str]) -> Iterator[dict[str, Any]]:
    """The colours of codes: those of classes first, since a later one wins."""
    for code, colour in colours.items() if panel.get("codes") else ():
        name = str(code)
        by_class = name.endswith("xx")
        matcher = (
            {"id": "byRegexp", "options": f"/^{name[0]}\\d\\d$/"} if by_class else {"id": "byName", "options": name}
        )
        yield {
            "matcher": matcher,
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }


def _columns(panel: Table) -> dict[str, Any]:
    """Without the time, and without the value where all is said in the labels."""
    hidden = {"Time": True, "Value": "value" not in panel}
    named = {
        "upstream_code": "the archive said",
        "code": "clients got",
        **({"Value": panel["value"]} if "value" in panel else {}),
    }
    return {"id": "organize", "options": {"excludeByName": hidden, "renameByName": named}}


_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True}
_LOOKS: Final[Mapping[str, dict[str, Any]]] = {
    "lines": {"options": {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}},
    "stat": {"options": {"reduceOptions": {"calcs": ["lastNotNull"]}, "colorMode": "none", "graphMode": "area"}},
    "timeline": {"options": {"legend": _LEGEND, "mergeValues": True, "showValue": "auto"}},
    "heatmap": {"options": {"calculate": False, "yAxis": {"unit": "s"}, "color": {"scheme": "Oranges", "mode": "scheme"}}},
    "table": {"options": {"showHeader": True}},
}  # fmt: skip


def text() -> str:
    return json.dumps(dashboard(table()), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DASHBOARD.write_text(text())
    print(f"written: {DASHBOARD}")
