"""Tests of what adapters are made of."""
