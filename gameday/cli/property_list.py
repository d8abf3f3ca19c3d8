"""`gameday explore --list-properties`: what can be asked of a region, a line each."""

from __future__ import annotations

import click

__all__ = ["list_properties"]


def _print_and_exit(
    context: click.Context,
    _option: click.Parameter,
    asked: bool,  # noqa: FBT001 - click's signature
) -> None:
    if not asked:
        return
    from gameday.explore.region_property_names import PROPERTIES

    width = max(map(len, PROPERTIES))
    for name, named in PROPERTIES.items():
        click.echo(f"{name:{width}}  {named.means}")
    context.exit()


list_properties = click.option(
    "--list-properties",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_and_exit,
    help="Print the properties of a region that can be named.",
)
