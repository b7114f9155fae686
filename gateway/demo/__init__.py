"""The newcomer's first minute: an embedded legacy PACS, a configuration that teaches, and a tour.

The legacy PACS is the other side of the wire, so it shares no code with the gateway: a mistake made in both
would not show. It holds nothing but synthetic studies and is no archive for anything else.
"""
