"""The orders, sans-IO: no clock, no log, no await. A request or a venue's input goes in with the
time; events to journal and effects to perform come out. Knows nothing of FIX bytes."""
