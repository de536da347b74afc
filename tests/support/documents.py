"""The documentation, see :mod:`docs.site.blocks`."""

from docs.site.blocks import CHECKOUT, Block, block, blocks, documents

__all__ = ["CHECKOUT", "Block", "block", "blocks", "documents"]
