"""Counters that cost little and are shown as Prometheus text."""

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from heliograph.telemetry.metrics import Exposition, Gauge, Histogram, Shown, Spread, Tally


def samples(exposition: Exposition) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = exposition.render().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_tally_counts_by_label():
    tally = Tally("demo_answers_total", "Answers.", ["status"])
    tally.add(("200",))
    tally.add(("200",), 4)
    tally.add(("400",))
    exposition = Exposition()
    exposition.add(tally)
    shown = samples(exposition)
    assert shown["demo_answers_total", (("status", "200"),)] == 5
    assert shown["demo_answers_total", (("status", "400"),)] == 1
    assert tally.value(("503",)) == 0


def test_tally_without_labels_is_shown_before_it_counted():
    exposition = Exposition()
    exposition.add(Tally("demo_events_total", "Events."))
    assert samples(exposition)["demo_events_total", ()] == 0


def test_gauge_is_read_when_it_is_shown():
    value = 1.0
    exposition = Exposition()
    exposition.add(Gauge("demo_pending", "Pending.", lambda: value))
    value = 7.0
    assert samples(exposition)["demo_pending", ()] == 7


def test_histogram_buckets_are_cumulative_and_include_their_bound():
    histogram = Histogram("demo_seconds", "Seconds.", (0.1, 1.0))
    histogram.observe(0.1)
    histogram.observe_all([0.5, 0.05, 20.0])
    exposition = Exposition()
    exposition.add(histogram)
    shown = samples(exposition)
    assert [shown["demo_seconds_bucket", (("le", le),)] for le in ("0.1", "1.0", "+Inf")] == [
        2,
        3,
        4,
    ]
    assert shown["demo_seconds_count", ()] == histogram.count() == 4
    assert shown["demo_seconds_sum", ()] == pytest.approx(20.65)


def test_two_expositions_in_one_process_do_not_meet():
    first, second = Exposition(), Exposition()
    first.add(Tally("demo_total", "Demo."))
    assert b"demo_total" not in second.render()


def test_memory_and_cpu_of_the_process_are_shown():
    names = {name for name, _ in samples(Exposition())}
    assert {"process_resident_memory_bytes", "process_cpu_seconds_total"} <= names


def test_spread_keeps_a_histogram_for_each_value_of_its_label():
    registry = CollectorRegistry()
    spread = Spread("answers_seconds", "How long answers take.", "who", (0.1, 1.0))
    Shown(spread, registry=registry)
    spread.of("a").observe(0.05)
    spread.of("a").observe(5.0)
    spread.of("b").observe(0.5)

    def bucket(who: str, bound: str) -> float | None:
        return registry.get_sample_value("answers_seconds_bucket", {"who": who, "le": bound})

    assert [bucket("a", bound) for bound in ("0.1", "1.0", "+Inf")] == [1, 1, 2]
    assert [bucket("b", bound) for bound in ("0.1", "1.0", "+Inf")] == [0, 1, 1]
    assert registry.get_sample_value("answers_seconds_sum", {"who": "a"}) == 5.05
