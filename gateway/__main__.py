"""`python -m gateway` is `pacs-gateway`."""

from gateway.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
