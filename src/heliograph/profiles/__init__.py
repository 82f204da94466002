"""Who an event is about, and what is known of that person. Pure but for `lookup`.

`identity` names the person of one event and says whether two identifiers are merged; `attributes` decides
which of two values wins; `decide` and `gather` do both for a batch, in one step with `apply`; `withdrawal`
takes events out again; `fold` makes a person of its identifiers' records, and `lookup` loads persons.
"""
