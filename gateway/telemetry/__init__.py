"""Hears of finished exchanges and says nothing back: metrics, journal, access log. Never a path, UID or address."""
