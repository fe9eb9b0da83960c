"""`tintype models`: the networks that are there, and what is known of them."""

from rich.console import Console
from rich.table import Table


def models() -> None:
    """List the networks that come with the package.

    Example: tintype models; then: tintype colorize photo.jpg --model default
    """
    from tintype.engine.network import Network, list_models

    table = Table("name", "system", "sees", "file", "measured", box=None)
    for name, path in list_models().items():
        network = Network.load(name, "cpu")
        metadata = network.metadata
        measured = ", ".join(f"{key} {value}" for key, value in metadata.measures.get(name, {}).items())
        sees = ", ".join(f"{side}×{side}" for side in network.sizes)
        table.add_row(name, metadata.system, sees, f"{path.stat().st_size / 1e6:.1f} MB", measured)
    Console().print(table)
