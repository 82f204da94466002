"""What must hold for every mapper and every payload."""

import copy
import json
import random
import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heliograph.errors import CODES, ConfigError, InputError
from heliograph.mapping import Mapper, compile_mapper
from heliograph.mapping.explain.explanation import FieldExplanation
from heliograph.mapping.result import Mapped, MappingResult
from heliograph.mapping.run.limits import Limits

NAMES = ["id", "e", "t", "d", "n", "items", "more", "a b", "null"]
NAME = st.sampled_from(NAMES)
TEXTS = ["c-1", "c-2", " x ", "", "guest", "null", "web", "iOS", "Seen", "2024-10-25", "14:30:00",
         "25/10/2024 14:30:00", "2024-10-25T14:30:00Z", "1704067200", "😀"]  # fmt: skip
NUMBERS = [0, 1, 77, 2**53 + 1, 1704067200, 1704067200000, -5, 1.5, 12.0, 1e300]

SCALARS = st.sampled_from([None, True, False, *TEXTS, *NUMBERS])
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=5),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAME, JSON, max_size=5)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "id": st.sampled_from(["c-1", "c-2", " c-3", 77, None, "guest", "", True]),
        "e": st.sampled_from(["Seen", "Paid", 5, None, {}]),
        "t": st.sampled_from([1704067200, "2024-10-25", "soon", None, "2024-10-25 14:30:00"]),
        "d": st.sampled_from(["2024-10-25", "25/10/2024", None]),
        "n": JSON,
        "more": JSON,
        "items": st.lists(OBJECTS, max_size=2),
    },
)

STEPS = [".id", ".e", ".t", ".d", ".n", ".items", ".more", "['a b']", "[0]", "[-1]"]
TAILS = ["", "", "", "", "..n", "[?@.id]", "[?@.n == 1].id", "[0:2]", "['id','n']"]
TYPES = ["string", "integer", "number", "object", "array", "datetime"]
PREFIXES = ["$", "$", "$.items[*]", "$[*]", "$.items[*].more[*]"]


class Documents:
    """Random mapper documents; far quicker than drawing each part, at the price of shrinking them."""

    def __init__(self, seed: int, prefix: str | None = None, *, movable: bool = False) -> None:
        """Make documents from a seed; `movable` ones have no path inside a text or for one."""
        self.random = random.Random(seed)
        self.movable = movable
        self.prefix = prefix or self.random.choice(PREFIXES)

    def mapper(self) -> Mapper:
        """Return a mapper; documents that do not compile are thrown away."""
        while True:
            try:
                return compile_mapper(
                    self.document(), timezone=self.random.choice(["UTC", "Europe/Berlin"])
                )
            except ConfigError:
                continue

    def document(self) -> dict[str, Any]:
        choose = self.random.choice
        checks = [{}, {}, {}, {f"{self.prefix}.n": "string"}, {self.path(): choose(TYPES)}]
        document: dict[str, Any] = {
            "partner_name": "test",
            "mapping_type": choose(["events", "events", "users"]),
            "mappings": self.mappings(),
            "batching": self.prefix != "$" or self.random.random() < 0.3,
            "payload_validations": choose(checks),
        }
        if self.movable or self.random.random() < 0.7:
            return document
        if choose([True, False]):
            del document["mappings"]
        return document | {"variants": [self.variant() for _ in range(self.random.randint(1, 3))]}

    def variant(self) -> dict[str, Any]:
        """Return a variant; its conditions often hold, and as often do not."""
        choose = self.random.choice
        wanted = [True, True, False, ["Seen", "web", 5], ["c-1", None], "c-2", [77, 12]]
        mappings = {**self.mappings(), "group_id": choose([f"{self.prefix}.e", self.source()])}
        mappings.pop("update_existing_only", None)
        return {
            "when": {self.path(): choose(wanted) for _ in range(self.random.randint(0, 2))},
            "also": choose([True, False, False]),
            "mapping_type": choose(["events", "events", "users", "groups"]),
            "mappings": mappings,
        }

    def mappings(self) -> dict[str, Any]:
        prefix, choose = self.prefix, self.random.choice
        date = choose([f"{prefix}.d"] * 3 + [self.expression()])
        merge = {"user_time": {"date": date, "time": f"{prefix}.t"}}
        every = {
            "customer_id": choose([f"{prefix}.id"] * 6 + ["$.id", self.path(), self.value()]),
            "event_name": choose(["Seen", "Seen", f"{prefix}.e", f"{prefix}.e", self.source()]),
            "user_time": choose(
                [f"{prefix}.t"] * 4 + ["$receivedAt", "#MERGE", self.path(), self.expression()]
            ),
            "platform": choose(["web"] * 6 + ["$headers.platform", f"{prefix}.e"]),
        }
        some = {
            "anon_id": self.value(),
            "app_version": choose(["1.0.0", "1.0.0", "1.0.0", self.source()]),
            "attr": self.attributes(),
            "user_attributes": self.attributes(),
            "#MERGE": merge,
            "formats": {"user_time": choose(["yyyy-MM-dd", "dd/MM/yyyy HH:mm:ss", "dd-MM-yyyy"])},
            "update_existing_only": choose([True, False]),
        }
        often = {key: value for key, value in some.items() if self.random.random() < 0.5}
        if self.random.random() < 0.7:
            often.pop("formats", None)
        return every | often

    def attributes(self) -> dict[str, Any]:
        names = self.random.sample(["x", "y", "u_em", "a b"], self.random.randint(0, 3))
        named = {name: self.source() for name in names}
        paths = [None, f"{self.prefix}.more", "$.more", self.prefix, self.expression()]
        path = self.random.choice(paths)
        return named | ({"create_all": path} if path else {})

    def source(self) -> Any:
        if self.random.random() < 0.3:
            return self.expression()
        return self.random.choice([self.path(), self.path(), "web", "Seen", 5, True, ["a"], "$5"])

    def value(self, depth: int = 0) -> Any:
        """Return what depends on the payload: a path or an expression."""
        if depth < 3 and self.random.random() < 0.2:
            return self.expression(depth)
        if self.random.random() < 0.7:
            return self.prefix + self.random.choice([".id", ".e", ".t", ".d", ".n", "['a b']"])
        return self.path()

    def expression(self, depth: int = 0) -> Any:
        """Return an expression; few of them are of a form that does not compile."""
        choose, of = self.random.choice, self.value(depth + 1)
        other = self.value(depth + 1)
        kinds = ["first", "first", "map", "hash", "cast", "cast", "split", "text", "text"]
        match choose(kinds if self.movable else [*kinds, "template", "json"]):
            case "first":
                last = choose([[], [], ["web"], ["$receivedAt"], [1704067200000]])
                return {"$first": [of, other, *last]}
            case "map":
                values = {
                    "c-1": "c-9",
                    "web": "iOS",
                    "77": "x",
                    "true": 1,
                    "text": None,
                    "Seen": "",
                }
                options = choose([{}, {"default": other}, {"default": "web"}, {"default": None}])
                fold = choose([{}, {"ignore_case": True}])
                return {"$map": {"of": of, "values": values, **options, **fold}}
            case "template":
                return {
                    "$template": f"{{{self.path()}}}-{choose(['x', '{{', ''])}{{{self.path()}}}"
                }
            case "hash":
                names = choose(["sha256", "md5"]), choose(["none", "email", "phone"])
                return {"$hash": {"of": of, "with": names[0], "normalise": names[1]}}
            case "cast":
                to = choose(["number", "integer", "text", "boolean", "time", "time"])
                form = (
                    {"format": "dd/MM/yyyy"} if to == "time" and self.random.random() < 0.3 else {}
                )
                return {"$cast": {"of": of, "to": to, **form}}
            case "split":
                take = choose([{}, {"take": 0}, {"take": -1}, {"take": 1, "limit": 2}])
                return {"$split": {"of": of, "by": choose([" ", "-", "T"]), **take}}
            case "json":
                of = choose([of, f"{self.prefix}.n"])
                return {"$json": {"of": of, "path": choose(["$", "$.id", "$.n", "$..n", "$.n[*]"])}}
            case _:
                return {choose(["$lower", "$upper", "$trim", "$title"]): of}

    def path(self) -> str:
        """Return a path from the prefix, sometimes from the root, sometimes open at the end."""
        start = self.random.choice([self.prefix, self.prefix, self.prefix, "$"])
        steps = self.random.choices(STEPS, k=self.random.randint(1, 2))
        return start + "".join(steps) + self.random.choice(TAILS)

    def payload(self) -> Any:
        """Return a payload that mostly fits the prefix."""
        count = self.random.randint(0, 4)
        if self.prefix == "$":
            return self.row()
        if self.prefix == "$[*]":
            return [self.row() for _ in range(count)]
        rows = [self.row() for _ in range(count)]
        if self.prefix.endswith("more[*]"):
            rows = [{**self.row(), "more": rows[:cut]} for cut in range(count)]
        return {**self.row(), "items": rows}

    def row(self) -> Any:
        """Return an object whose fields mostly suit those a mapper asks for."""
        choose, rare = self.random.choice, self.random.random() < 0.1
        row: dict[str, Any] = {
            "id": choose(["c-1", "c-2", " c-3", 77, 12.0, "名"]),
            "e": choose(["Seen", "web", "iOS", 5]),
            "t": choose(
                [1704067200, 1704067200000, "2024-10-25", "2024-10-25T14:30:00Z", "1704067200"]
            ),
            "d": choose(["2024-10-25", "25/10/2024", " 25-10-2024"]),
            "n": choose(
                [
                    "text",
                    '{"id": "c-5", "n": [1, "2"]}',
                    1,
                    None,
                    {"id": 1, "n": [1, 2]},
                    [{"id": 1, "n": 1}, {"n": 2}],
                ]
            ),
            "more": choose([{"x": 1, "n": None}, {"y": {"z": 1}}, None, "x"]),
            "a b": choose(["v", "", None]),
        }
        if rare:
            strange: list[Any] = [None, "", "guest", True, {}, [], "soon", -1, 1e300]
            row[choose(["id", "e", "t"])] = choose(strange)
        if self.random.random() < 0.3:
            row.pop(choose(list(row)))
        return row


def mapper_and_payload(seed: int) -> tuple[Mapper, Any]:
    documents = Documents(seed)
    return documents.mapper(), documents.payload()


SEEDS = st.integers(0, 10**9)
MAPPERS = SEEDS.map(lambda seed: Documents(seed).mapper())
FITTING = SEEDS.map(mapper_and_payload)


PAYLOADS = (
    JSON
    | OBJECTS
    | ROWS
    | st.lists(ROWS | JSON, max_size=3)
    | st.builds(lambda row, rows: {**row, "items": rows}, ROWS, st.lists(ROWS | JSON, max_size=3))
    | st.lists(st.lists(ROWS, max_size=2), max_size=2).map(
        lambda groups: {"items": [{"id": "c-9", "more": group} for group in groups]}
    )
)
HEADERS = st.none() | st.dictionaries(st.sampled_from(["Platform", "X-A"]), st.sampled_from(TEXTS))

RECEIVED = 1_767_225_600_000


ANY_PAIR = FITTING | FITTING | st.tuples(MAPPERS, PAYLOADS)


def apply(mapper: Mapper, payload: Any, headers: dict[str, str] | None) -> bytes:
    """Return the result as bytes, so that order of keys and types of numbers count."""
    result = mapper.apply(payload, received_at_ms=RECEIVED, headers=headers)
    return msgspec.json.encode(result)


def test_most_fitting_payloads_are_mapped():
    """The properties below are worth nothing when everything is refused."""
    results = [
        mapper.apply(payload, received_at_ms=RECEIVED)
        for mapper, payload in map(mapper_and_payload, range(300))
    ]
    assert sum(bool(result.mapped) for result in results) > 70
    assert sum(bool(result.rejected) for result in results) > 50
    assert sum(bool(result.mapped and result.rejected) for result in results) > 5


@given(ANY_PAIR, HEADERS)
def test_explain_agrees_with_apply(pair: tuple[Mapper, Any], headers: dict[str, str] | None):
    """Also: the generated function agrees with the definition it stands for."""
    mapper, payload = pair
    explanation = mapper.explain(payload, received_at_ms=RECEIVED, headers=headers)
    assert msgspec.json.encode(explanation.result()) == apply(mapper, payload, headers)
    assert explanation.text()
    for item in explanation.items:
        refused = [field for field in item.fields if field.refused is not None]
        assert bool(refused) == (bool(item.fields) and not hasattr(item.outcome, "customer_id"))
        if isinstance(item.outcome, Mapped):
            for group in ("properties", "traits"):
                given_to_it = attributes_of(item.fields, group)
                assert as_text(given_to_it) == as_text(getattr(item.outcome, group))


def as_text(values: dict[str, Any]) -> str:
    return json.dumps(values, sort_keys=True)  # Python holds 1, 1.0 and true for equal


def attributes_of(fields: Sequence[FieldExplanation], group: str) -> dict[str, Any]:
    """Return what the fields of one group say that the item gets, by name."""
    values: dict[str, Any] = {}
    for field in fields:
        kind, _, name = field.field.partition(".")
        if kind == group and field.reason is None:
            more: Any = field.value if name == "create_all" else {name: field.value}
            assert not set(values) & set(more)
            values |= more
    return values


@pytest.mark.parametrize("seeds", [range(400), pytest.param(range(20_000), marks=pytest.mark.long)])
def test_explain_agrees_with_apply_on_many_fitting_payloads(seeds: range):
    for mapper, payload in map(mapper_and_payload, seeds):
        explanation = mapper.explain(payload, received_at_ms=RECEIVED)
        assert msgspec.json.encode(explanation.result()) == apply(mapper, payload, None)


@given(ANY_PAIR, HEADERS)
def test_mapping_is_pure_and_order_stable(pair: tuple[Mapper, Any], headers: dict[str, str] | None):
    mapper, payload = pair
    before = copy.deepcopy(payload)
    first = apply(mapper, payload, headers)
    assert payload == before
    assert apply(mapper, payload, headers) == first
    assert apply(mapper, copy.deepcopy(payload), headers) == first


@given(ANY_PAIR, HEADERS)
def test_every_item_is_mapped_or_rejected_once(
    pair: tuple[Mapper, Any], headers: dict[str, str] | None
):
    mapper, payload = pair
    result = mapper.apply(payload, received_at_ms=RECEIVED, headers=headers)
    indexes = sorted([item.index for item in [*result.mapped, *result.rejected]])
    assert indexes == list(range(max(1, len(indexes))))
    several = any(variant.also for variant in mapper.plan.variants)
    if not several:
        assert [each.index for each in result.mapped] == sorted(
            each.index for each in result.mapped
        )
    for item in result.mapped:
        assert item.customer_id or item.anonymous_id
        assert None not in item.properties.values()
        assert None not in item.traits.values()
        if not mapper.plan.variants:
            assert (item.event is None) == (mapper.kind == "users")
    for item in result.rejected:
        assert item.code in CODES
        assert item.path is not None


@given(SEEDS, st.lists(ROWS | OBJECTS, max_size=3))
def test_a_batch_of_n_items_equals_n_single_items(seed: int, rows: list[Any]):
    """Paths into the element in place of paths into the payload change nothing but where things stand."""
    documents = Documents(seed, prefix="$", movable=True)
    for _ in range(100):
        document: Any = {**documents.document(), "batching": False}
        text = json.dumps({**document, "batching": True})
        for start in (".", "["):
            text = text.replace(f'"${start}', f'"$.rows[*]{start}')
        in_batch = json.loads(text.replace('"$"', '"$.rows[*]"'))
        try:
            single, batch = compile_mapper(document), compile_mapper(in_batch)
        except ConfigError:
            continue
        if batch.plan.chain.arrays:
            break
    else:
        raise AssertionError("no pair of documents compiled")
    rows = [documents.row(), *rows, documents.row()]
    together = batch.apply({"rows": rows}, received_at_ms=RECEIVED)
    mapped, rejected = list[Any](), list[Any]()
    for index, row in enumerate(rows):
        alone = single.apply(row, received_at_ms=RECEIVED)
        mapped += [msgspec.structs.replace(each, index=index) for each in alone.mapped]
        rejected += [
            (
                index,
                each.code,
                re.sub(r"'\$(?=[.\[])", "'$.rows[*]", each.message),
                each.path,
                each.item,
            )
            for each in alone.rejected
        ]
    assert msgspec.json.encode(together.mapped) == msgspec.json.encode(mapped)
    assert [
        (
            each.index,
            each.code,
            each.message,
            str(each.path).replace(f"$['rows'][{each.index}]", "$", 1),
            each.item,
        )
        for each in together.rejected
    ] == rejected


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.text(st.characters(categories=["Cs", "Cc", "L"]), max_size=3)
    | st.sampled_from(["$", "$.id", "$..", "$[*]", "#MERGE", "$.a-b", "web", "yyyy-MM-dd"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4) | NAME, inner, max_size=4)
    ),
    max_leaves=10,
)
KEYS = st.sampled_from(
    ["customer_id", "anon_id", "event_name", "user_time", "platform", "app_version", "attr",
     "user_attributes", "update_existing_only", "#MERGE", "formats", "create_all"]
)  # fmt: skip
PATHS = SEEDS.map(lambda seed: Documents(seed).path())
WILD_DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "partner_name": st.just("test") | ANYTHING,
        "mapping_type": st.sampled_from(["events", "users"]) | ANYTHING,
        "mappings": st.dictionaries(KEYS, ANYTHING | PATHS) | ANYTHING,
        "batching": st.booleans() | ANYTHING,
        "payload_validations": st.dictionaries(PATHS, st.sampled_from(TYPES)) | ANYTHING,
        "timezone": st.just("Asia/Kolkata") | ANYTHING,
    },
)


@given(WILD_DOCUMENTS | ANYTHING, ANYTHING)
def test_any_document_compiles_or_is_refused_and_any_payload_gets_an_answer(
    document: Any, payload: Any
):
    try:
        mapper = compile_mapper(document)
    except ConfigError as error:
        refusal = error
    else:
        mapper.apply(payload, received_at_ms=RECEIVED)
        return
    assert refusal.code == "mapper.invalid"
    assert str(refusal)


@given(MAPPERS, ANYTHING, st.none() | st.dictionaries(st.text(max_size=4), st.text(max_size=4)))
def test_any_payload_gets_an_answer(mapper: Mapper, payload: Any, request: dict[str, str] | None):
    result = mapper.apply(payload, received_at_ms=RECEIVED, headers=request, query=request)
    assert len(result.mapped) + len(result.rejected) >= 1
    mapper.explain(payload, received_at_ms=RECEIVED, headers=request, query=request).text()


def in_slices(mapper: Mapper, payload: Any, headers: dict[str, str] | None) -> MappingResult:
    slices = mapper.slices(payload, received_at_ms=RECEIVED, headers=headers)
    while True:
        try:
            next(slices)
        except StopIteration as stop:
            return stop.value


@given(ANY_PAIR, HEADERS)
def test_mapping_in_slices_gives_the_same(pair: tuple[Mapper, Any], headers: dict[str, str] | None):
    mapper, payload = pair
    at_once = mapper.apply(payload, received_at_ms=RECEIVED, headers=headers)
    explained = mapper.explain_refusals(at_once, payload, received_at_ms=RECEIVED, headers=headers)
    assert msgspec.json.encode(in_slices(mapper, payload, headers)) == msgspec.json.encode(
        explained
    )
    assert [msgspec.structs.replace(item, explanation=None) for item in explained.rejected] == (
        at_once.rejected
    )


@given(SEEDS, st.integers(0, 3_000))
def test_a_share_of_any_size_is_enough_or_the_payload_is_refused_and_never_mapped_otherwise(
    seed: int, share: int
):
    """A budget decides whether there is an answer, never which; and alike every time."""
    documents = Documents(seed)
    document, payload = documents.document(), documents.payload()
    try:
        free = compile_mapper(document)
    except ConfigError:
        return
    bound = compile_mapper(document, limits=Limits(work=share))
    answers: list[bytes] = []
    for _ in range(2):
        try:
            answers.append(apply(bound, payload, None))
        except InputError as error:
            answers.append(error.code.encode())
    assert answers[0] == answers[1]
    assert answers[0] in (b"mapper.work_exceeded", apply(free, payload, None))
