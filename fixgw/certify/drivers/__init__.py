"""The counterparts of the built-in adapters: each makes one of the sandboxes do what is wanted."""
