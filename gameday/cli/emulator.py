"""`gameday emulator`: get an emulator that is not a Python package of this one."""

from __future__ import annotations

import click

__all__ = ["emulator"]

INSTALLABLE = ("localstack",)


@click.group()
def emulator() -> None:
    """Install the emulators that pip alone cannot."""


@emulator.command()
@click.argument("name", type=click.Choice(INSTALLABLE))
def install(name: str) -> None:  # noqa: ARG001 - one so far
    """Install an emulator; again costs nothing, and mends what was broken off.

    LocalStack 4.14.0 goes into a virtual environment of its own (Python 3.13), with
    DynamoDB Local from Maven Central (Maven and Java 17 or newer), under
    $XDG_CACHE_HOME or ~/.cache. DynamoDB Local comes under the DynamoDB Local
    License Agreement.
    """
    from gameday.emulators.localstack_install import install as install_localstack

    made = install_localstack(click.echo)
    click.echo(f"ready in {made.folder}")
    if made.has_dynamodb_local:
        click.echo(
            "warning: DynamoDB Local listens on every interface of this machine "
            "while a stage on LocalStack is up"
        )
