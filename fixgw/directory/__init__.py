"""Directories of accounts: who may trade, and with what. None of them takes an order."""
