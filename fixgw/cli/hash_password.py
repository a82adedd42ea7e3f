"""`fixgw hash-password`: turns a password into the line for a session's settings."""

import sys

import click

from fixgw.acceptor.auth.password import hashed
from fixgw.model.errors import GatewayError


@click.command()
@click.option("--stdin", is_flag=True, help="Read the password from stdin, up to its newline.")
def command(stdin: bool) -> None:
    """Make the PasswordHash line for a client's .cfg.

    The command asks for the password twice and does not show it. It is written nowhere.
    """
    if stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    if not password:
        raise GatewayError("no password was given on stdin; nothing is hashed")
    click.echo(f"PasswordHash={hashed(password)}")
