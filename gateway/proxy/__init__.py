"""The only mover of bytes: from a client's socket to an archive's and back."""
