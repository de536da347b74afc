"""Where the blocks of the documentation are run that no general way runs."""

from docs.site.blocks import Block

ELSEWHERE = {
    ("docs/alerts.md", "What a webhook gets", 1): "tests/publish/test_alerts.py",
    ("docs/api.md", "Assistants", 1): "tests/cli/test_mcp.py",
    ("docs/status.md", "Changing something", 2): "tests/daemon/test_operator.py",
    ("docs/architecture.md", "Rooms", 1): "tests/test_architecture.py",
    ("docs/containers.md", "One container", 1): "tests/outside/test_container.py",
    ("docs/containers.md", "With PostgreSQL, behind nginx", 1): "tests/outside/test_container.py",
    ("docs/containers.md", "Upgrading", 1): "tests/outside/test_container.py",
    ("docs/cluster.md", "Setting it up", 1): "tests/daemon/test_cluster.py",
    ("docs/data.md", "From SQLite to PostgreSQL, and back", 1): "tests/cli/test_migrate_database.py",
    ("docs/install.md", "Five commands", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Every day", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Every day", 2): "tests/outside/test_service.py",
    ("docs/install.md", "More sources", 1): "tests/outside/test_service.py",
    ("docs/install.md", "More sources", 2): "tests/outside/test_service.py",
    ("docs/install.md", "A browser beside it", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Upgrading", 1): "tests/outside/test_service.py",
    ("docs/install.md", "Removing it", 1): "tests/outside/test_service.py",
    ("docs/install.md", "On a desk", 1): "tests/outside/test_package.py",
    ("docs/install.md", "Behind Caddy", 1): "tests/outside/test_caddy.py",
    ("docs/object-storage.md", "Caches before it", 2): "tests/publish/test_purge.py",
    ("docs/metrics.md", "The log", 1): "tests/daemon/test_metrics.py",
    ("docs/metrics.md", "The log", 3): "tests/outside/test_service.py",
    ("docs/install.md", "Behind nginx", 1): "tests/outside/test_nginx.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 3): "tests/outside/test_jekyll.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 4): "tests/outside/test_jekyll.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 5): "tests/outside/test_jekyll.py",
    ("docs/jekyll.md", "A site on GitHub Pages, fed by a schedule", 6): "tests/outside/test_jekyll.py",
    ("docs/example-kind/README.md", "A kind of your own", 1): "tests/sources/test_own_kind.py",
    ("docs/example-kind/README.md", "A kind of your own", 2): "tests/sources/test_own_kind.py",
    ("docs/configuration.md", "The shape of a post", 1): "tests/stories/test_documentation.py",
    ("docs/extraction.md", "How the body of an article is found", 1): "tests/stories/test_documentation.py",
    ("docs/install.md", "Without a service", 1): "tests/stories/test_documentation.py",
    ("docs/themes.md", "Looks of your own", 2): "tests/stories/test_documentation.py",
}
"""Blocks that tests of their own run."""


def place(one: Block) -> tuple[str, str, int]:
    """Where a block stands."""
    return one.file, one.heading, one.number
