"""Spans of exchanges for the collector of the hospital's traces (OpenTelemetry), with nothing in them that names anybody.

What is needed to send them is an extra, `pip install 'pacs-gateway[tracing]'`, and is imported in `exporting` alone, when a
configuration asks for it.
"""
