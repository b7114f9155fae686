"""May this go out? Pure state machines: the clock is passed in. So far: how much the gateway itself may take on."""
