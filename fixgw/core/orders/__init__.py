"""Orders: the legs at venues, the orders that clients know, the table of permitted events."""
