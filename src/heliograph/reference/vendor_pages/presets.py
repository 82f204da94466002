"""The text of docs/reference/presets.md, rendered from the catalog."""

from heliograph.mapping.presets import PresetFolder, list_presets


def render(notice: str) -> str:
    """Return the page; `notice` says that it is generated."""
    presets = list_presets()
    rows = "\n".join(
        f"| [`{each.name}`](#{each.name}) | {each.preset.title} | `{each.preset.signature}` "
        f"| {', '.join(f'`{mapper.name}`' for mapper in each.mappers)} |"
        for each in presets
    )
    return f"""# Presets

{notice}

Mappers for platforms whose payloads are documented, each with cases. `heliograph mapper init <preset>` copies
one into a configuration folder, with a source that names the signature scheme; from then on the files are
yours. The payloads of the cases were written after the vendors' documentation, not copied from it.

| preset | platform | [scheme](signatures.md) | mappers |
|---|---|---|---|
{rows}

{"".join(_section(each) for each in presets).rstrip()}
"""


def _section(folder: PresetFolder) -> str:
    preset = folder.preset
    mappers = "\n".join(
        f"- `{each.name}`: cases {', '.join(case.name for case in each.cases)}"
        for each in folder.mappers
    )
    links = "\n".join(f"- <{each}>" for each in preset.documentation)
    secret = folder.secret_variable
    where = (
        f"Requests go to `POST /v1/webhook/{folder.name}`, whose mapper is `{preset.config}`; the secret is "
        f"read from `{secret}`."
        if secret is not None
        else f"Requests go to `POST /v1/partner/{folder.name}/…?configName=` with the workspace's keys."
    )
    others = folder.addresses()[1:] if secret is not None else ()
    if others:
        named = " and ".join(f"`POST {each.url}` (`{each.config}`)" for each in others)
        where += f" A source has one mapper: add sources for {named}; `mapper init` prints them."
    return f"""## {folder.name}

{preset.description}

{where} {preset.setup}

{mappers}

Documentation, read {preset.documented}:

{links}

"""
