"""The page of every command: usage, arguments, options, from the code; examples from blocks of the docs."""

import re
from collections.abc import Iterator

import typer
from typer.core import TyperArgument, TyperGroup, TyperOption

from aggregator.cli import cli
from docs.site.blocks import blocks

INTRODUCTION = """\
# Every command

Made from the code of this version; `aggregator COMMAND --help` says the same.
Results go to stdout, the log to stderr. Exit 0: fine; 1: a source or a page failed; 2: the
configuration or the call is wrong. Before the name of a command may stand:
"""


def commands() -> Iterator[tuple[str, typer.core.TyperCommand]]:
    """Give every command, those inside of others by both names."""
    yield from _walk("", typer.main.get_command(cli))


def page() -> str:
    """Write the page as Markdown."""
    examples = dict(reversed(list(_examples())))
    sections = [_section(name, command, examples.get(name, "")) for name, command in commands()]
    return INTRODUCTION + _table("", typer.main.get_command(cli)) + "".join(sections)


def _walk(name: str, command: typer.core.TyperCommand) -> Iterator[tuple[str, typer.core.TyperCommand]]:
    if isinstance(command, TyperGroup):
        for inner, one in sorted(command.commands.items()):
            yield from _walk(f"{name} {inner}".strip(), one)
    else:
        yield name, command


def _section(name: str, command: typer.core.TyperCommand, example: str) -> str:
    usage = " ".join(command.get_usage(_context(name, command)).removeprefix("Usage: ").split())
    text = re.sub(r"(?<!\n)\n(?!\n)", " ", (command.help or "").strip()).replace("[", r"\[")
    return f"\n## `{name}`\n\n{text}\n\n```\n{usage}\n```\n{example}{_table(name, command)}"


def _context(name: str, command: typer.core.TyperCommand) -> typer.Context:
    return command.make_context(f"aggregator {name}", [], resilient_parsing=True)


def _table(name: str, command: typer.core.TyperCommand) -> str:
    """Say what each argument and option is."""
    context = _context(name, command)
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    options = [one for one in command.params if isinstance(one, TyperOption)]
    rows = [f"| `{one.metavar or str(one.name).upper()}` | {_help(one)} | |\n" for one in arguments]
    rows += [f"| {_names(one, context)} | {_help(one)} | {_default(one)} |\n" for one in options]
    return "\n| | meaning | default |\n|---|---|---|\n" + "".join(rows) if rows else ""


def _help(parameter: TyperArgument | TyperOption) -> str:
    return (parameter.help or "").replace("|", r"\|")


def _names(option: TyperOption, context: typer.Context) -> str:
    record = option.get_help_record(context)
    return f"`{record[0]}`" if record else ""


def _default(option: TyperOption) -> str:
    shown = "" if option.is_flag or option.default in (None, "", ()) else f"`{option.default}`"
    return f"{shown} (or `{option.envvar}`)" if option.envvar else shown


def _examples() -> Iterator[tuple[str, str]]:
    """Give each command that a block of shell calls, with that line and where it stands."""
    names = sorted((name for name, _ in commands()), key=len, reverse=True)
    call = re.compile(rf"(?:^|[ /])aggregator ({'|'.join(map(re.escape, names))})(?= |$)[^\n]*", re.M)
    for one in blocks():
        if one.language in ("sh", "console") and one.is_run:
            text = one.text.replace("\\\n", "")
            for found in call.finditer(text):
                line = re.sub(r"\s+#.*$", "", found[0].strip().lstrip("/"))
                file = one.file.removeprefix("docs/").replace("README.md", "index.md")
                said = f"For example, from [{file.removesuffix('.md')}]({file})"
                yield found[1], f"\n{said}:\n\n```sh\n{line}\n```\n"
