"""Authentication of a Logon(35=A): one file per method, and the delays for guessing."""
