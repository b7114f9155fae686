"""Rules that ship, one YAML file per product or situation. An operator turns them on with `packs`; none is on by itself."""
