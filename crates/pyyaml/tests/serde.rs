//! Values to and from Rust types: what becomes what, what is refused, and where the text is to blame.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "these are tests")]

use proptest::prelude::*;
use pyyaml::{Date, DateTime, Error, ErrorClass, Int, Text, Value, from_slice, from_value, load};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

#[derive(Debug, PartialEq, Deserialize)]
struct Rule {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    num_events: Option<u32>,
    timeframe: Span,
    #[serde(default)]
    realert: Option<Span>,
    filter: Vec<Filter>,
    #[serde(default = "on")]
    is_enabled: bool,
    #[serde(default)]
    query_key: OneOrMany,
    since: Option<Date>,
    #[serde(flatten)]
    rest: BTreeMap<String, Value>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Any,
    Frequency,
    Spike,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Span {
    #[serde(default)]
    hours: u32,
    #[serde(default)]
    minutes: u32,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Filter {
    Term(HashMap<String, Value>),
    Range(HashMap<String, BTreeMap<String, f64>>),
    Query { query_string: BTreeMap<String, String> },
}

#[derive(Debug, PartialEq, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    #[default]
    None,
    One(String),
    Many(Vec<String>),
}

fn on() -> bool {
    true
}

const RULE: &[u8] = b"# Errors\nname: Errors\ntype: frequency\nnum_events: 010\ntimeframe: {hours: 1}\nrealert:\n  minutes: 1:30\n\
filter:\n- term: {status: 500}\n- range:\n    took: {gt: 5, lt: .inf}\n- query:\n    query_string: {query: 'a: b'}\nis_enabled: off\n\
query_key: [host, service]\nsince: 2026-01-31\nowner: ops\nstarted: 2026-01-31 10:00:00\n";

#[test]
fn a_rule_is_read_into_a_type() {
    let rule: Rule = from_slice(RULE).unwrap();
    assert_eq!((rule.name.as_str(), &rule.kind, rule.num_events), ("Errors", &Kind::Frequency, Some(8)));
    assert_eq!((rule.timeframe.hours, rule.realert.unwrap().minutes, rule.is_enabled), (1, 90, false));
    assert_eq!(rule.query_key, OneOrMany::Many(vec!["host".into(), "service".into()]));
    assert_eq!(rule.since, Some(Date { year: 2026, month: 1, day: 31 }));
    assert_eq!(rule.rest.len(), 2);
    let Filter::Term(term) = &rule.filter[0] else { panic!("{:?}", rule.filter) };
    assert_eq!(term["status"], Value::Int(500.into()));
    let Filter::Range(range) = &rule.filter[1] else { panic!("{:?}", rule.filter) };
    assert_eq!((range["took"]["gt"], range["took"]["lt"]), (5.0, f64::INFINITY));
    let Filter::Query { query_string } = &rule.filter[2] else { panic!("{:?}", rule.filter) };
    assert_eq!(query_string["query"], "a: b");
}

/// The error of a rule with one piece of its text replaced, and the text from where it points.
fn wrong(from: &str, to: &str) -> (String, String) {
    let text = String::from_utf8(RULE.to_vec()).unwrap();
    assert!(text.contains(from));
    let text = text.replacen(from, to, 1);
    let error = from_slice::<Rule>(text.as_bytes()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Mismatch);
    let behind = &text.as_bytes()[error.mark().unwrap().byte..];
    let line = String::from_utf8_lossy(behind).lines().next().unwrap_or_default().to_owned();
    (error.context().map_or_else(String::new, |context| format!("{context}: ")) + error.problem(), line)
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn what_does_not_fit_is_found_in_the_text() {
    assert_eq!(
        wrong("hours: 1", "hours: x"),
        pair("while reading timeframe.hours: invalid type: string \"x\", expected u32", "x}")
    );
    assert_eq!(
        wrong("hours: 1", "days: 1"),
        pair("while reading timeframe.days: unknown field `days`, expected `hours` or `minutes`", "days: 1}")
    );
    assert_eq!(
        wrong("gt: 5", "gt: off"),
        pair(
            "while reading filter[1].range.took.gt: invalid type: boolean `false`, expected f64",
            "off, lt: .inf}"
        )
    );
    assert_eq!(
        wrong("type: frequency", "type: often").0,
        "while reading type: unknown variant `often`, expected one of `any`, `frequency`, `spike`"
    );
    assert_eq!(wrong("- term: {status: 500}", "- trem: {status: 500}").1, "trem: {status: 500}");
    assert_eq!(
        wrong("- term: {status: 500}", "- term"),
        pair("while reading filter[0]: invalid type: unit variant, expected newtype variant", "term")
    );
    assert_eq!(
        wrong("hours: 1", "on: 1"),
        pair(
            "while reading timeframe.true: invalid type: boolean `true`, expected field identifier",
            "on: 1}"
        )
    );
    assert_eq!(wrong("name: Errors\n", ""), pair("missing field `name`", "type: frequency"));
    // Where the value came from: the last of equal keys, or what was merged.
    assert_eq!(wrong("hours: 1", "hours: 1, hours: y").1, "y}");
    assert_eq!(
        wrong("timeframe: {hours: 1}", "x: &x {minutes: z}\ntimeframe: {<<: [{hours: 1}, *x]}").1,
        "z}"
    );
    assert_eq!(wrong("timeframe: {hours: 1}", "x: &x [a]\ntimeframe: {hours: *x}").1, "*x}");
}

#[test]
fn an_error_shows_its_line_as_pythons_do() {
    let source = b"a: 1\nb: [2, x]\n";
    let error = from_slice::<BTreeMap<String, OneOrMany>>(source).unwrap_err();
    assert_eq!(error.class().name(), "Mismatch");
    let error = from_slice::<BTreeMap<char, Vec<u8>>>(b"b: [2, x]\n").unwrap_err();
    assert_eq!(
        error.render(b"b: [2, x]\n", "numbers.yaml"),
        "while reading b[1]\ninvalid type: string \"x\", expected u8\n  in \"numbers.yaml\", line 1, column 8:\n    b: [2, x]\n           ^"
    );
    // What Python refuses keeps its class and its place.
    let of = |source: &[u8]| from_slice::<Value>(source).unwrap_err();
    assert_eq!((of(b"a:\tb").class(), of(b"a:\tb").mark().unwrap().column), (ErrorClass::Scanner, 2));
    assert_eq!(
        (of(b"[2024-13-45]").class(), of(b"[2024-13-45]").mark().unwrap().column),
        (ErrorClass::Value, 1)
    );
    assert_eq!(of(b"&a [*a]").class(), ErrorClass::Limit);
}

fn read<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, String> {
    from_slice(text.as_bytes()).map_err(|error: Error| error.problem().to_owned())
}

fn is<T: for<'de> Deserialize<'de> + PartialEq + Debug>(text: &str, wanted: T) {
    assert_eq!(read::<T>(text), Ok(wanted), "{text}");
}

#[test]
fn each_kind_of_value_becomes_what_rust_calls_it() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Nothing;
    #[derive(Debug, PartialEq, Deserialize)]
    struct Seconds(u16);
    #[derive(Debug, PartialEq, Deserialize)]
    enum Shape {
        Point,
        Circle(f32),
        Line(i8, i8),
        Box { side: i8 },
    }
    is("~", ());
    is("", None::<u8>);
    is("~", Nothing);
    is("5", Some(5_u8));
    is("[~, 1]", vec![None, Some(1)]);
    is("off", false);
    is("1:30", Seconds(90));
    is("'x'", 'x');
    is("5", 5.0_f64);
    is("Point", Shape::Point);
    is("Point: ~", Shape::Point);
    is("{Circle: 1}", Shape::Circle(1.0));
    is("Line: [1, -2]", Shape::Line(1, -2));
    is("Box: {side: 3}", Shape::Box { side: 3 });
    is("!!binary YWI=", b"ab".to_vec());
    is("2001-12-14", "2001-12-14".to_owned());
    is("2001-12-14 21:59:43.1 -5", "2001-12-14T21:59:43.100000-05:00".to_owned());
    is("!!set {a, b, a}", BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    is("!!omap [a: 1, b: 2]", BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 2)]));
    is("!!pairs [a: 1, a: 2]", vec![("a".to_owned(), 1), ("a".to_owned(), 2)]);
    is("!!python/tuple [1, a]", (1, "a".to_owned()));
    is("!!python/complex 1+2j", (1.0, 2.0));
    is("{1: a, 2: b}", HashMap::from([(1, "a".to_owned()), (2, "b".to_owned())]));
    is("{yes: a, ~: b}", HashMap::from([(Some(true), 'a'), (None, 'b')]));
    is("? !!python/tuple [1, 2]\n: x", HashMap::from([((1, 2), 'x')]));
    is("{a: 1, a: '2', 1: x, 1.0: y}", HashMap::from([(Key::Name("a".into()), '2'), (Key::Number(1), 'y')]));
    assert_eq!(
        read::<Shape>("{Point: ~, Circle: 1}").unwrap_err(),
        "invalid value: map, expected a map with a single key"
    );
    assert_eq!(
        read::<Shape>("3").unwrap_err(),
        "invalid type: integer `3`, expected a string or a map with a single key"
    );
    assert_eq!(read::<(u8, u8)>("[1, 2, 3]").unwrap_err(), "invalid length 3, expected 2 elements");
    assert_eq!(read::<u8>("300").unwrap_err(), "invalid value: integer `300`, expected u8");
    assert_eq!(read::<String>("12").unwrap_err(), "invalid type: integer `12`, expected a string");
    assert_eq!(read::<Vec<u8>>("ab").unwrap_err(), "invalid type: string \"ab\", expected a sequence");
}

#[derive(Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(untagged)]
enum Key {
    Name(String),
    Number(i64),
}

#[test]
fn integers_of_any_size_are_read_into_what_holds_them() {
    is("-0x80000000000000000000000000000000", i128::MIN);
    is("0xffffffffffffffffffffffffffffffff", u128::MAX);
    is("18446744073709551615", u64::MAX);
    is("36893488147419103232", 36_893_488_147_419_103_232.0_f64);
    assert!(
        read::<u64>("18446744073709551616")
            .unwrap_err()
            .starts_with("invalid type: integer `18446744073709551616`")
    );
    let large = format!("-0x1{}", "0".repeat(40));
    let read_int = read::<Int>(&large).unwrap();
    assert_eq!(format!("{read_int:#x}"), large);
    assert_eq!(
        read::<i128>(&large).unwrap_err(),
        "invalid value: integer of more than 128 bits, expected i128"
    );
    assert!(serde_json::to_string(&read_int).unwrap_err().to_string().contains("128 bits"));
    assert_eq!(read::<Int>("x").unwrap_err(), "invalid type: string \"x\", expected an integer");
}

#[test]
fn lone_surrogates_are_kept_where_there_is_a_place_for_them() {
    let source = "[\"a\\ud800\"]";
    let texts: Vec<Text<'static>> = read(source).unwrap();
    assert_eq!(texts[0].code_points().collect::<Vec<_>>(), [0x61, 0xd800]);
    assert_eq!(
        read::<Vec<String>>(source).unwrap_err(),
        "invalid value: string with a lone surrogate, expected a string"
    );
    assert!(serde_json::to_string(&texts).unwrap_err().to_string().contains("lone surrogate"));
}

#[test]
fn dates_and_times_go_through_other_formats_as_strings() {
    let value = load(b"[2001-12-14, 2001-12-14 21:59:43.5, 2001-12-14T21:59:43Z]").unwrap();
    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(json, r#"["2001-12-14","2001-12-14T21:59:43.500000","2001-12-14T21:59:43+00:00"]"#);
    let (date, time, zoned): (Date, DateTime, DateTime) = serde_json::from_str(&json).unwrap();
    assert_eq!(value, Value::List(vec![Value::Date(date), Value::DateTime(time), Value::DateTime(zoned)]));
    assert!(serde_json::from_str::<Date>("\"yesterday\"").is_err());
}

#[test]
fn strings_and_bytes_can_be_borrowed() {
    #[derive(Deserialize)]
    struct Borrowed<'a> {
        name: &'a str,
        data: &'a [u8],
    }
    let value = load(b"{name: x, data: !!binary YWI=}").unwrap();
    let borrowed: Borrowed<'_> = from_value(&value).unwrap();
    assert_eq!((borrowed.name, borrowed.data), ("x", b"ab".as_slice()));
}

#[test]
fn equal_keys_of_other_formats_become_one_as_in_python() {
    let value: Value = serde_json::from_str(r#"{"a": 1, "b": 2, "a": 3}"#).unwrap();
    assert_eq!(value, load(b"{a: 3, b: 2}").unwrap());
}

#[derive(Debug, Deserialize)]
struct Nested(#[expect(dead_code, reason = "only its depth matters")] Vec<Self>);

#[test]
fn the_deepest_values_are_read_without_overflowing_the_stack() {
    let text = format!("{}{}", "[".repeat(493), "]".repeat(493));
    let value = load(text.as_bytes()).unwrap();
    assert!(from_value::<Value>(&value).unwrap() == value);
    assert!(from_slice::<serde::de::IgnoredAny>(text.as_bytes()).is_ok());
    let error = from_slice::<Nested>(text.as_bytes()).unwrap_err();
    assert_eq!((error.class(), error.mark().unwrap().byte), (ErrorClass::Limit, 128));
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
}

fn leaf() -> BoxedStrategy<Value> {
    let date = (1..=9999_u16, 1..=12_u8, 1..=28_u8).prop_map(|(year, month, day)| Date { year, month, day });
    let time = (date.clone(), 0..24_u8, 0..60_u8, 0..1_000_000_u32, prop::option::of(-86_399..86_400_i32));
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i128>().prop_map(|int| Value::Int(Int::from_i128(int))),
        any::<i64>().prop_map(|int| Value::Int(int.into())),
        any::<u128>().prop_map(|int| Value::Int(Int::from_u128(int))),
        any::<f64>().prop_filter("equal to itself", |float| !float.is_nan()).prop_map(Value::Float),
        any::<(i8, i8)>().prop_map(|(re, im)| Value::Complex(re.into(), im.into())),
        ".{0,6}".prop_map(|text| Value::String(text.into())),
        Just(load(b"\"x\\udc00y\"").unwrap()),
        Just(load(format!("-0x{}", "f".repeat(50)).as_bytes()).unwrap()),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::Binary),
        date.prop_map(Value::Date),
        time.prop_map(|(date, hour, minute, microsecond, offset)| {
            Value::DateTime(DateTime { date, hour, minute, second: minute, microsecond, offset })
        }),
    ]
    .boxed()
}

fn unique(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut out: Vec<(Value, Value)> = Vec::new();
    for (key, value) in pairs {
        if !out.iter().any(|(known, _)| *known == key) {
            out.push((key, value));
        }
    }
    out
}

fn values() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 40, 6, |inner| {
        let pairs = prop::collection::vec((leaf(), inner.clone()), 0..5).boxed();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::List),
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Tuple),
            prop::collection::vec(leaf(), 0..5).prop_map(Value::Set),
            pairs.clone().prop_map(|pairs| Value::Map(unique(pairs))),
            pairs.prop_map(Value::OrderedMap),
        ]
    })
}

/// What other formats hold of a value, as the README says.
fn held(value: Value) -> Value {
    let all = |items: Vec<Value>| Value::List(items.into_iter().map(held).collect());
    let text = |text: String| Value::String(text.into());
    match value {
        Value::Date(date) => text(date.to_string()),
        Value::DateTime(time) => text(time.to_string()),
        Value::Complex(real, imaginary) => all(vec![Value::Float(real), Value::Float(imaginary)]),
        Value::List(items) | Value::Tuple(items) | Value::Set(items) => all(items),
        Value::OrderedMap(pairs) => {
            all(pairs.into_iter().map(|(key, value)| Value::List(vec![key, value])).collect())
        }
        Value::Map(pairs) => {
            Value::Map(pairs.into_iter().map(|(key, value)| (held(key), held(value))).collect())
        }
        other => other,
    }
}

proptest! {
    #[test]
    fn a_value_read_from_a_value_is_the_same(value in values()) {
        prop_assert_eq!(from_value::<Value>(&value).unwrap(), value);
    }

    #[test]
    fn a_value_that_another_format_holds_comes_back(value in values()) {
        let mut bytes = Vec::new();
        match ciborium::into_writer(&value, &mut bytes) {
            Ok(()) => {
                let back: Value = ciborium::from_reader(bytes.as_slice()).unwrap();
                prop_assert_eq!(format!("{back:?}"), format!("{:?}", held(value)));
            }
            Err(error) => {
                let error = error.to_string();
                prop_assert!(error.contains("128 bits") || error.contains("surrogate"), "{}", error);
            }
        }
    }

    #[test]
    fn a_value_that_json_holds_comes_back(text in "[a-c0-9:, \\[\\]{}~-]{0,12}") {
        let Ok(value) = load(text.as_bytes()) else { return Ok(()) };
        let Ok(json) = serde_json::to_string(&value) else { return Ok(()) };
        let back: Value = serde_json::from_str(&json).unwrap();
        let again = serde_json::to_string(&back).unwrap();
        prop_assert_eq!(again, json);
    }
}

#[test]
fn types_that_write_what_they_read_agree_with_values() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Both {
        value: Value,
        count: Int,
    }
    let both: Both = from_slice(b"{value: {a: [1, ~]}, count: 7}").unwrap();
    let json = serde_json::to_string(&both).unwrap();
    assert_eq!(json, r#"{"value":{"a":[1,null]},"count":7}"#);
    assert_eq!(serde_json::from_str::<Both>(&json).unwrap(), both);
}
