"""`heliograph mapper infer`: from sample payloads to a mapper, with the evidence for every choice."""

import click

from heliograph.cli.mapper.files import read_json
from heliograph.cli.terminal.options import json_option
from heliograph.cli.terminal.output import print_document, print_json, say, say_lines
from heliograph.mapping.cases.case_files import dump
from heliograph.mapping.infer import Proposal, Sample, infer_mapper
from heliograph.model.json import Json

_CASE_KEYS = frozenset(
    {"payload", "expect", "content_type", "headers", "query", "received_at", "note"}
)


@click.command()
@click.argument("payloads", nargs=-1, required=True, metavar="P.json...")
@click.option(
    "--partner", default="my-source", show_default=True, metavar="NAME", help="partner_name."
)
@click.option(
    "--content-type", metavar="T", help="Content-Type of the bodies; default: judged by them."
)
@json_option
def infer(payloads: tuple[str, ...], partner: str, content_type: str | None, as_json: bool) -> int:
    """Propose a mapper from one to twenty sample payloads of one kind.

    The mapper goes to standard output, the evidence to standard error. A sample may also be a case file;
    its headers count too.
    """
    samples = [_sample(read_json(name, content_type)) for name in payloads]
    proposal = infer_mapper(samples, partner=partner)
    if as_json:
        print_json(proposal)
        return 0
    print_document(dump(proposal.document))
    _explain(proposal)
    return 0


def _sample(value: Json) -> Sample:
    """Return the payload itself, or payload and headers of a case."""
    if isinstance(value, dict) and "payload" in value and set(value) <= _CASE_KEYS:
        headers = value.get("headers")
        named = headers if isinstance(headers, dict) else {}
        return Sample(
            payload=value["payload"], headers={name: str(text) for name, text in named.items()}
        )
    return Sample(payload=value)


def _explain(proposal: Proposal) -> None:
    say_lines(f"\nMaps {proposal.accepted} of {proposal.items} records in the samples.", err=True)
    for choice in proposal.choices:
        sure = f"{choice.confidence:.0%}"
        value = "" if choice.value is None else f" = {choice.value}"
        say(f"{sure:>5}  {choice.field}{value}: {choice.evidence}", err=True)
    say("Check what is below 70 %, then try it: heliograph mapper run.", err=True)
