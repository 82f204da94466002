"""What vendors ask when an address is registered: questions that are answered and are no events.

    for rule in rules_of("zoom"): reply = rule.respond(question)

`rules.py` is the table: who asks what, what is answered, and where the vendor says so. Pure, and resolved per
source when the configuration is loaded: a source without rules pays nothing.

- An answer to an unsigned question holds nothing of the source but what the vendor's protocol wants. Where
  that is a hash made with the secret, only plain texts get one, and the source's scheme takes no webhook
  whose body is plain: nobody can have the hub sign a webhook for them.
- Nothing is stored, and nothing is fetched: where a link is to be opened, the log names it.
"""

from heliograph.gateway.registration.question import Question, Reply
from heliograph.gateway.registration.rules import RULES, Rule, rules_of

__all__ = ["RULES", "Question", "Reply", "Rule", "rules_of"]
