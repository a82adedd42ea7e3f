"""Does an adapter keep its promises? Scenarios, played on real sockets against a sandbox."""
