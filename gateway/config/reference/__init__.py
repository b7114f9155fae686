"""The reference of a configuration, made from the tables that read it: as JSON Schema for editors, as Markdown for people.

Nothing here is asked while a configuration is read, so nothing here can make one valid or not. What the gateway accepts, the
schema accepts; what only several keys together can tell, only `pacs-gateway check` tells.
"""
