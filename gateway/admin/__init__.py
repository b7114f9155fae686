"""The operators' port: metrics, health, reload, and a page that says what the gateway does. Never carries traffic."""
