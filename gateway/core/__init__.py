"""The judgement: from what the archive did to what the client is told. Pure: no clock, loop, file, socket or log."""
