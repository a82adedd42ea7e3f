"""The sandbox drivers of the built-in adapters: each makes one sandbox do what a scenario needs."""
