"""Mappers for platforms whose payloads are documented, with cases, ready to copy and change.

    catalog/<preset>/preset.json                    Preset
    catalog/<preset>/<config>.json                  mapper document, partner_name = <preset>
    catalog/<preset>/<config>/cases/<case>.json     see mapping.cases.case

Copied, they become `mappers/<preset>/…` and, where the platform signs, `sources/<preset>.toml`.

The payloads in the cases were written after each vendor's documentation (links in preset.json, as of
mid-2026), not copied from it. A preset is a starting point: once copied, the files are the user's own.
"""

from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.cases.case_files import MapperFile, find_mappers

CATALOG: Final = Path(str(resources.files(__name__))) / "catalog"


class Preset(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One platform."""

    title: str
    description: str
    signature: str
    """How its requests are verified: a name of `gateway.signatures.SCHEMES`, or `basic`."""
    config: str
    """The mapper that requests to `/v1/webhook/<preset>` go to."""
    documentation: tuple[str, ...]
    """Where the vendor describes payloads and signatures."""
    documented: str
    """When those pages were read."""
    setup: str
    """What to do on the vendor's side, in a few sentences."""
    verify: dict[str, str] = {}
    """What a source's `[verify]` table needs beside scheme and secrets, e.g. `verify_token`."""


class Address(msgspec.Struct, frozen=True, kw_only=True):
    """Where requests for one mapper of a preset go. A signed source has one mapper, so each has its own."""

    config: str
    """The mapper."""
    url: str
    """Path, and query string where there is one."""
    source: str | None = None
    """File of the source, in a configuration folder; None with Basic auth, which needs none."""
    source_text: str = ""
    """What the file holds."""
    secret_variable: str | None = None
    """The environment variable the source takes the secret from."""


class PresetFolder(msgspec.Struct, frozen=True, kw_only=True):
    """A preset with its files."""

    name: str
    preset: Preset
    mappers: tuple[MapperFile, ...]

    @property
    def secret_variable(self) -> str | None:
        """The environment variable its source takes the secret from; None with Basic auth.

        With Basic auth requests come to `/v1/partner/…` with the workspace's own keys.
        """
        return self.addresses()[0].secret_variable

    def addresses(self) -> tuple["Address", ...]:
        """Return where each mapper takes requests, that of the preset's own source first."""
        ordered = sorted(self.mappers, key=lambda each: each.path.stem != self.preset.config)
        return tuple(self._address(each) for each in ordered)

    def _address(self, mapper: MapperFile) -> "Address":
        config = mapper.path.stem
        if self.preset.signature == "basic":
            kind = mapper.document().get("mapping_type", "events")
            url = f"/v1/partner/{self.name}/{kind}/?configName={config}"
            return Address(config=config, url=url)
        is_own = config == self.preset.config
        name = self.name if is_own else f"{self.name}-{config}"
        variable = f"{name.upper().replace('-', '_')}_WEBHOOK_SECRET"
        partner = "" if is_own else f'partner = "{self.name}"\n'
        text = (
            f"# POST /v1/webhook/{name}: requests that {self.preset.title} signed.\n"
            f'kind = "webhook"\n{partner}'
            f'config = "{config}"\n'
            "\n[verify]\n"
            f'scheme = "{self.preset.signature}"\n'
            f'secrets = ["${{{variable}}}"]\n'
            + "".join(f'{key} = "{value}"\n' for key, value in self.preset.verify.items())
        )
        return Address(
            config=config,
            url=f"/v1/webhook/{name}",
            source=f"sources/{name}.toml",
            source_text=text,
            secret_variable=variable,
        )

    def files(self) -> dict[str, bytes]:
        """Return what a configuration folder needs: relative path → content.

        Of the sources only the one of the preset's own mapper: each needs a secret of the vendor's, and
        which of the others are wanted is for the user to say.
        """
        files: dict[str, bytes] = {}
        own = self.addresses()[0]
        if own.source is not None:
            files[own.source] = own.source_text.encode()
        for mapper in self.mappers:
            base = f"mappers/{mapper.name}"
            files[f"{base}.json"] = mapper.path.read_bytes()
            for case in mapper.cases:
                files[f"{base}/cases/{case.name}.json"] = case.path.read_bytes()
        return files


def list_presets() -> list[PresetFolder]:
    """Return all presets by name."""
    return [load_preset(path.parent.name) for path in sorted(CATALOG.glob("*/preset.json"))]


def load_preset(name: str) -> PresetFolder:
    """Return one preset.

    Raises:
        ConfigError: `lookup.not_found`, listing the names there are.
    """
    folder = CATALOG / name
    names = sorted(path.parent.name for path in CATALOG.glob("*/preset.json"))
    if name not in names:
        raise ConfigError(
            "lookup.not_found",
            f"there is no preset {name!r}",
            found=name,
            allowed=", ".join(names),
            hint="heliograph mapper presets shows what each of them is for.",
        )
    preset = msgspec.json.decode((folder / "preset.json").read_bytes(), type=Preset)
    return PresetFolder(name=name, preset=preset, mappers=tuple(find_mappers(folder)))
