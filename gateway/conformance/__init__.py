"""The conformance statement of Section N.7.3.3.1 of PS3.2, filled from a configuration, and what was counted beside it.

    Settings -> statement -> joined with what a running gateway has counted -> Markdown, JSON, HTML

Nothing is judged here and nothing is written by hand twice: each condition comes from the tables that judge.
"""
