"""Who an event is about, and what is known of that person. Pure but for `lookup` and `operations`.

`identity` names the person of one event and says whether two identifiers are merged; `attributes` decides
which of two values wins; `apply` does both for a batch; `fold` makes a person of its identifiers' records.
`lookup` loads persons, `operations` are the merges that only a person may ask for.
"""
