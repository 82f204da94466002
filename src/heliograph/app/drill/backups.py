"""A backup that was taken while everything was killed: it is whole, or goes on, and fits."""

import shutil
from contextlib import closing

from heliograph.app.drill.scene import Scene
from heliograph.app.keeping.manifest import MANIFEST
from heliograph.app.wiring import copied
from heliograph.errors import HeliographError
from heliograph.operations.look.condition.audit import audit


async def examine_backup(scene: Scene) -> list[str]:
    """Finish the backup of a round, if one was begun, and audit it; return what is wrong, and remove it."""
    if not scene.backup.exists():
        return []
    if not (scene.backup / MANIFEST).exists():
        await scene.must(["backup", str(scene.backup)])
    try:
        with closing(copied(scene.backup)) as kept:
            found = [f"a backup: {each}" for each in audit(kept.data).differences]
    except HeliographError as error:
        found = [f"a backup cannot be read: {error}"]
    shutil.rmtree(scene.backup)
    return found
