"""Which local stand-ins of vendors' APIs there are, and how to read the package.

A twin is an independent reading of a vendor's documentation: it shares no code with
`heliograph.destinations`, so that a mistake has to be made twice to go unseen. Where the documents are
ambiguous the twin is the stricter; where a vendor takes a request and quietly drops a part, the twin
takes it too and records the loss.

- `moengage/`, `webengage/`, `heap/`: `rules.py` says what is refused and why (pure), `vendor.py` answers.
- `sink.py`: any webhook.
- `server/`: the HTTP server around a vendor, its `/_twin/` pages, and failing on request.
- `memory/`: what was received, the people it is about, the keys it carried; `limits.py`: rate limits.
- `sandbox.py` starts them together (`heliograph sandbox`); `fixture.py` gives them to pytest.
"""
