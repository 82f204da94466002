"""Mappers for platforms whose payloads are documented, with cases, ready to copy and change.

    catalog/<preset>/preset.json                    Preset
    catalog/<preset>/<config>.json                  mapper document, partner_name = <preset>
    catalog/<preset>/<config>/cases/<case>.json     see mapping.cases

Copied, they become `mappers/<preset>/…` and, where the platform signs, `sources/<preset>.toml`.

The payloads in the cases were written after each vendor's documentation (links in preset.json, as of
mid-2026), not copied from it. A preset is a starting point: once copied, the files are the user's own.
"""

from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from heliograph.errors import ConfigError
from heliograph.mapping.case_files import MapperFile, find_mappers

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
        if self.preset.signature == "basic":
            return None
        return f"{self.name.upper().replace('-', '_')}_WEBHOOK_SECRET"

    def _source(self) -> str:
        return (
            f"# POST /v1/webhook/{self.name}: requests that {self.preset.title} signed.\n"
            'kind = "webhook"\n'
            f'config = "{self.preset.config}"\n'
            "\n[verify]\n"
            f'scheme = "{self.preset.signature}"\n'
            f'secrets = ["${{{self.secret_variable}}}"]\n'
        )

    def files(self) -> dict[str, bytes]:
        """Return what a configuration folder needs: relative path → content."""
        files: dict[str, bytes] = {}
        if self.secret_variable is not None:
            files[f"sources/{self.name}.toml"] = self._source().encode()
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
