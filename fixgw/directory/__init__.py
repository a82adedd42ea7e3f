"""Directories of accounts: which accounts may trade, and their margin. None of them takes an
order."""
