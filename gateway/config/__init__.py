"""YAML to policy: read with positions, check against the schema, compile. All mistakes at once, each with its place."""
