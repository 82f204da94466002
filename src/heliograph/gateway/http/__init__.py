"""HTTP and nothing else: connections and their limits, parsing, answers, the pages of health."""
