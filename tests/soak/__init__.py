"""The search that CI does not do: tests that draw, again and again, with new seeds."""
