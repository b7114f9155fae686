"""What the tests share: an archive that can lie, a client that sees every byte, a gateway in the same loop."""
