"""The venues: one package each, reached only through `adapter.VenueAdapter`."""
