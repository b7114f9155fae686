"""pacs-gateway: a reverse proxy that makes a legacy PACS answer with documented status codes."""

__version__ = "0.1.0"
