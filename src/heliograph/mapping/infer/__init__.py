"""From sample payloads to a mapper document, with the evidence for every choice.

`infer_mapper(samples)` needs no network and knows nothing but the samples: names, neighbours and values
decide (`survey` finds the places, `scope` the batch, `people` the identity, `event_names` and `moments` what
happened and when, `attributes` the rest). The proposal is run on its own samples before it is returned;
choices that do not hold there are replaced by the next likely ones.
"""

from heliograph.mapping.infer.proposal import Proposal, infer_mapper
from heliograph.mapping.infer.survey import Sample
from heliograph.mapping.infer.writer import Choice

__all__ = ["Choice", "Proposal", "Sample", "infer_mapper"]
