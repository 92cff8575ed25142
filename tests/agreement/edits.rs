//! Broken and bent rules: edits of good ones, as hands and programs make them. Each is made from a seed and its number
//! alone, so that any one of them can be made again.

use std::path::Path;

use crate::cases::replaced;
use crate::workspace::{CONFIG, File, Workspace};

/// Split-mix of 64 bits: small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut random = Self(seed ^ number.wrapping_mul(0xa076_1d64_78bd_642f));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Values that are not what was meant, or are it only just.
const VALUES: &[&str] = &[
    "",
    "~",
    "null",
    "yes",
    "off",
    "true",
    "0",
    "1",
    "-1",
    "5",
    "010",
    "0x1F",
    "1_000",
    "1:30",
    "1.5",
    "1.0",
    "1e3",
    "1.5e+3",
    "1e308",
    ".inf",
    ".nan",
    "9223372036854775808",
    "100000000000000000000",
    "2020-01-01",
    "2020-13-01",
    "2020-01-01 10:00:00",
    "=",
    "<<",
    "@@TOKEN@@",
    "'@@TOKEN@@'",
    "$HOME",
    "$UNSET",
    "''",
    "\"\"",
    "'5'",
    "\"yes\"",
    "a",
    "a.b",
    "a.b.C",
    "slack",
    "debug",
    "\u{e9}",
    "\"\\ud800\"",
    "'{{ a }}'",
    "'{{ a '",
    "'{% if a %}'",
    "'{0}'",
    "[]",
    "{}",
    "[a]",
    "[1]",
    "[a, 1]",
    "[[a]]",
    "[{a: b}]",
    "{a: 1}",
    "{minutes: 5}",
    "{minutes: '5'}",
    "{minutes: 1.5}",
    "{hours: -1}",
    "{days: 1000000000}",
    "{senconds: 5}",
    "{minutes: ~}",
    "{schedule: '* * * * *'}",
    "!!str 5",
];

/// Lines that somebody may add.
const LINES: &[&str] = &[
    "aggregation: {minutes: 5}",
    "aggregation: {schedule: '0 8 * * *'}",
    "aggregation: {schedule: 'x'}",
    "alert: [slack, debug]",
    "alert: [email]",
    "alert: {slack: {}}",
    "alert: [{slack: {slack_webhook_url: 'http://a'}}]",
    "alert: hipchat",
    "alert_text: '{0}'",
    "alert_text: '{{ a }}'",
    "alert_text: '{% for %}'",
    "alert_text_type: alert_text_jinja",
    "alert_text_type: exclude_fields",
    "alert_text_args: [a]",
    "bucket_interval: {minutes: 7}",
    "buffer_time: {minutes: 45}",
    "es_port: '9200'",
    "exponential_realert: {hours: 1}",
    "filter: []",
    "filter: [{query: {query_string: {query: 'a:b'}}}]",
    "filter: {term: {a: b}}",
    "import: missing.yaml",
    "include: [a, b]",
    "include: a",
    "is_enabled: false",
    "kibana_discover_from_timedelta: {minutes: 5}",
    "match_enhancements: []",
    "match_enhancements: [elastalert.enhancements.DropMatchException]",
    "max_threshold: 5",
    "name: 5",
    "owner: me",
    "priority: high",
    "query_delay: {minutes: 1}",
    "query_key: [a, b]",
    "query_key: a",
    "realert: {minutes: 0}",
    "scan_entire_timeframe: true",
    "timestamp_type: unix",
    "timestamp_type: custom",
    "timestamp_type: julian",
    "use_count_query: true",
    "use_terms_query: true",
    "use_strftime_index: true",
    "timeframe: {hours: 1}",
];

const TYPES: &[&str] = &[
    "any",
    "blacklist",
    "whitelist",
    "change",
    "frequency",
    "spike",
    "spike_aggregation",
    "flatline",
    "new_term",
    "cardinality",
    "metric_aggregation",
    "percentage_match",
    "Frequency",
    "module.file.Class",
];

const ALERTERS: &[&str] = &[
    "debug",
    "slack",
    "email",
    "post",
    "post2",
    "jira",
    "command",
    "pagerduty",
    "opsgenie",
    "telegram",
    "ms_teams",
    "alertmanager",
    "Slack",
    "indexer",
    "my_alerts.Own",
    "zabbix",
];

/// Pieces that mean something wherever they stand.
const TELLING: &[&str] = &[
    "\t", " ", "  ", "\n", "\n\n", "\n ", "\r\n", ":", ": ", "-", "- ", ",", "[", "]", "{", "}", "#", " #",
    "&a ", "*a", "!", "|", ">", "'", "\"", "%", "@", "`", "---\n", "...\n", "\u{85}", "\u{feff}", "$HOME",
    "\0",
];

/// Pieces of templates.
const TEMPLATE: &[&str] = &[
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "#}",
    "{{-",
    "-%}",
    "{{ a }}",
    "{{ a.b }}",
    "{% if a %}",
    "{% elif a %}",
    "{% else %}",
    "{% endif %}",
    "{% for a in b %}",
    "{% endfor %}",
    "{% set a = 1 %}",
    "{% endset %}",
    "{% raw %}",
    "{% endraw %}",
    "{% block a %}",
    "{% endblock %}",
    "{% macro m(a, b=1) %}",
    "{% endmacro %}",
    "{% include 'a' %}",
    "{% nothing %}",
    "|",
    "| upper",
    "| nothing",
    " is defined",
    " is nothing",
    " is not none",
    " not in b",
    " and ",
    " or ",
    " not ",
    " if a",
    " else b",
    "(",
    ")",
    "[",
    "]",
    "[0]",
    "[1:2]",
    "{",
    "}",
    ".",
    ".0",
    ",",
    ":",
    "=",
    "==",
    " ~ ",
    "+",
    "-",
    "*",
    "**",
    "//",
    "/",
    "%",
    "<",
    ">=",
    "!",
    "!=",
    "'",
    "\"",
    "1",
    "1.5",
    "1e3",
    "a",
    "_",
    "\u{e9}",
    "true",
    "None",
    " in ",
    "\\",
    "\n  ",
    "(a, b)",
    "{'a': 1}",
    "*a",
    "**a",
    "a=1",
    "$",
    "@",
    "?",
    ";",
    "&",
    "`",
];

/// The good rules: each is the one rule of its workspace.
pub(crate) fn bases(corpus: &[Workspace]) -> Vec<Workspace> {
    let good = |name: &str| match name.split_once('/') {
        Some(("alerters", name)) => !name.contains(' '),
        Some(("plain", _)) => true,
        Some(("types", name)) => !name.contains(" with ") && !name.contains(" without "),
        _ => false,
    };
    let good = corpus.iter().filter(|case| good(&case.name));
    // A template has more that can break than an option.
    good.flat_map(|case| vec![case; if case.name == "plain/text by template" { 6 } else { 1 }])
        .cloned()
        .collect()
}

/// The one rule of a base.
fn rule(workspace: &Workspace) -> String {
    let mut rules = workspace.files.keys().filter(|path| {
        path.starts_with("/opt/rules/") && Path::new(path).extension() == Some("yaml".as_ref())
    });
    rules.next().unwrap_or_else(|| panic!("{} has no rule", workspace.name)).clone()
}

/// The workspace with this number.
pub(crate) fn edited(bases: &[Workspace], seed: u64, number: u64) -> Workspace {
    let random = &mut Random::new(seed, number);
    let mut workspace = random.pick(bases).clone();
    let path = if random.below(20) == 0 { CONFIG.to_owned() } else { rule(&workspace) };
    let Some(File::Bytes(bytes)) = workspace.files.get(&path) else { panic!("{path} is no file") };
    let mut text = String::from_utf8(bytes.clone()).unwrap();
    for _ in 0..*random.pick(&[1, 1, 1, 2, 2, 3]) {
        text = edit(random, &text);
    }
    let mut bytes = text.into_bytes();
    if random.below(300) == 0 {
        let at = random.below(bytes.len() + 1);
        bytes.insert(at, *random.pick(&[0xff, 0xc3, 0x80, 0xe9]));
    }
    workspace.files.insert(path, File::Bytes(bytes));
    workspace.name = format!("edits/{number} of seed {seed}, {}", workspace.name);
    workspace
}

/// The keys that stand at the left edge.
fn keys(text: &str) -> Vec<&str> {
    let own = text.lines().filter(|line| !line.starts_with([' ', '-', '#']));
    own.filter_map(|line| line.split_once(':').map(|(key, _)| key)).filter(|key| !key.is_empty()).collect()
}

fn boundary(text: &str, mut at: usize) -> usize {
    at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

fn edit(random: &mut Random, text: &str) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let keys = keys(text);
    if lines.is_empty() || keys.is_empty() {
        return (*random.pick(LINES)).to_owned() + "\n";
    }
    let line = random.below(lines.len());
    let key = *random.pick(&keys);
    if text.contains("{{") && random.below(3) > 0 {
        return retold(random, text);
    }
    match random.below(20) {
        0 => without(&lines, line).concat(),
        1 => {
            let at = random.below(lines.len() + 1);
            [&lines[..at], &[lines[line]], &lines[at..]].concat().concat()
        }
        2 | 3 => {
            let new = format!("{}\n", random.pick(LINES));
            [&lines[..line], &[new.as_str()], &lines[line..]].concat().concat()
        }
        4..=6 => replaced(text, key, &format!("{key}: {}\n", random.pick(VALUES))),
        7 | 8 => deeper_value(random, &lines, line),
        9 => replaced(text, key, ""),
        10 => replaced(text, "type", &format!("type: {}\n", random.pick(TYPES))),
        11 => replaced(text, "alert", &format!("alert: {}\n", random.pick(ALERTERS))),
        12 => {
            let new = random.pick(LINES);
            let key = new.split(':').next().unwrap_or_default();
            replaced(text, key, &format!("{new}\n"))
        }
        13 => indented(random, &lines, line),
        14 => mistyped(random, text, key),
        15 => {
            let at = boundary(text, random.below(text.len() + 1));
            let end = boundary(text, at + 1 + random.below(3));
            [&text[..at], &text[end..]].concat()
        }
        16 => {
            let to = random.below(lines.len());
            let rest = without(&lines, line);
            let to = to.min(rest.len());
            [&rest[..to], &[lines[line]], &rest[to..]].concat().concat()
        }
        _ => {
            let at = boundary(text, random.below(text.len() + 1));
            let telling: &str = TELLING[random.below(TELLING.len())];
            [&text[..at], telling, &text[at..]].concat()
        }
    }
}

fn without<'a>(lines: &[&'a str], line: usize) -> Vec<&'a str> {
    [&lines[..line], &lines[line + 1..]].concat()
}

/// Another value behind the colon or the dash of any line, however deep.
fn deeper_value(random: &mut Random, lines: &[&str], line: usize) -> String {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let old = lines[line].trim_end().to_owned();
    let behind = old.find(": ").or_else(|| old.find("- ")).map_or(old.len(), |at| at + 2);
    lines[line] = format!("{}{}\n", &old[..behind], random.pick(VALUES));
    lines.concat()
}

fn indented(random: &mut Random, lines: &[&str], line: usize) -> String {
    let mut lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let old = lines[line].clone();
    match random.below(4) {
        0 => lines[line].insert_str(0, [" ", "  ", "    "][random.below(3)]),
        1 => _ = lines[line].drain(..old.len() - old.trim_start_matches(' ').len()),
        2 => lines[line].insert(0, '\t'),
        _ => {
            for line in &mut lines[line..] {
                line.insert_str(0, "  ");
            }
        }
    }
    lines.concat()
}

/// A piece of a template more, less, or in place of some letters.
fn retold(random: &mut Random, text: &str) -> String {
    let begin = text.find("alert_text: ").unwrap_or_default();
    let at = boundary(text, begin + random.below(text.len() - begin + 1));
    let end = boundary(text, at + random.below(3) * random.below(5));
    let piece = if random.below(5) == 0 { "" } else { TEMPLATE[random.below(TEMPLATE.len())] };
    [&text[..at], piece, &text[end..]].concat()
}

/// A key with two letters swapped, one lost or one doubled.
fn mistyped(random: &mut Random, text: &str, key: &str) -> String {
    let mut letters: Vec<char> = key.chars().collect();
    let at = random.below(letters.len());
    match random.below(4) {
        0 if at + 1 < letters.len() => letters.swap(at, at + 1),
        1 => letters.insert(at, letters[at]),
        2 => letters[at] = letters[at].to_ascii_uppercase(),
        _ => _ = letters.remove(at),
    }
    let wrong: String = letters.into_iter().collect();
    text.replacen(&format!("{key}:"), &format!("{wrong}:"), 1)
}
