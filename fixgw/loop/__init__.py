"""The loop that trades, in the gateway and in certification: decide, put on record, act."""
