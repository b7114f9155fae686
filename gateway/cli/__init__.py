"""The command line: one module per command, one readable line for every mistake a user can make."""
