"""Configuration documents in force, and earlier versions of them."""

from heliograph.model.documents.catalog import build_catalog
from heliograph.model.documents.configuration import DocumentKind
from heliograph.operations.caller import Caller
from heliograph.operations.configuration.masking import masked_document
from heliograph.operations.hub import Hub
from heliograph.operations.look.condition.status import destination_lines
from heliograph.operations.names import not_found, require_one_workspace
from heliograph.operations.views import DestinationLine, DocumentView, document_view
from heliograph.storage.configuration import Document
from heliograph.storage.store import Reader


def list_documents(
    caller: Caller, hub: Hub, kind: DocumentKind, *, workspace: str | None = None
) -> list[DocumentView]:
    """Return the documents of a kind in force, by workspace and name, literal secrets masked.

    Raises:
        InputError: `caller.refused`.
        StoreUnavailable: the store cannot be read.
    """
    caller.require("look")
    wanted = caller.within(workspace)
    with hub.data.store.read() as reader:
        found = [
            document
            for document in reader.configuration.all()
            if document.kind == kind and wanted in (None, document.workspace)
        ]
        lines = lines_of(reader) if kind == "destination" else {}
    return [_viewed(masked_document(document), lines) for document in found]


def show_document(
    caller: Caller,
    hub: Hub,
    kind: DocumentKind,
    name: str,
    *,
    version: int | None = None,
    workspace: str | None = None,
    reveal: bool = False,
) -> DocumentView:
    """Return a document as it is in force, or an earlier version of it.

    Args:
        caller: who asks; must have the right to `reveal` for that.
        hub: where.
        kind: of the document.
        name: as in its file; `<partner>/<config>` for a mapper, `@<version>` may follow.
        version: the current one when neither this nor the name says it.
        workspace: which one, when several have this name.
        reveal: show literal secrets.

    Raises:
        HeliographError: `lookup.not_found`, `lookup.ambiguous`; `caller.refused`.
    """
    caller.require("reveal" if reveal else "look")
    name, _, said = name.partition("@")
    version = version or (int(said) if said.isdigit() else None)
    wanted = caller.within(workspace)
    with hub.data.store.read() as reader:
        there = {document.workspace for document in reader.configuration.all()}
        found = [
            document
            for candidate in (sorted(there) if wanted is None else [wanted])
            if (document := reader.configuration.get(candidate, kind, name, version))
        ]
        lines = lines_of(reader) if kind == "destination" else {}
    require_one_workspace(kind, name, (document.workspace for document in found))
    if not found:
        raise not_found(kind, name if version is None else f"{name}, version {version}")
    return _viewed(found[0] if reveal else masked_document(found[0]), lines)


def lines_of(reader: Reader) -> dict[str, DestinationLine]:
    """Return every destination that is configured or has deliveries, by full name."""
    catalog = build_catalog(reader.configuration.all(), None)
    lines = destination_lines(catalog, reader.deliveries.counts(), reader.destinations.get_all())
    return {line.name: line for line in lines}


def _viewed(document: Document, lines: dict[str, DestinationLine]) -> DocumentView:
    if document.kind != "destination":
        return document_view(document)
    line = lines.get(f"{document.workspace}/{document.name}")
    return document_view(
        document, state=line.state if line else "active", reason=line.reason if line else ""
    )
