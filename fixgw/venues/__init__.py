"""The venues: one package each, spoken to through `adapter.VenueAdapter` and nothing else."""
