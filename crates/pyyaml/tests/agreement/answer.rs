//! What this crate makes of a text, written as `oracle.py` writes what PyYAML makes of it. The two lines are equal
//! exactly when both agree about everything.

use pyyaml::{
    Document, Error, ErrorClass, Event, EventKind, Mark, NodeId, NodeKind, Properties, Span, Value,
};

use crate::json::Json;

/// The number of values behind which `oracle.py` gives up.
const MOST_VALUES: usize = 20_000;

pub(crate) fn answer(source: &[u8]) -> String {
    let places = Places::new(source);
    let mut json = Json::default();
    json.open('{');
    let parsed = pyyaml::parse(source);
    let loaded = if parsed.is_ok() { Some(pyyaml::load(source)) } else { None };
    json.key("error");
    let refused = match (&parsed, &loaded) {
        (Err(error), _) => Some(("compose", error)),
        (Ok(_), Some(Err(error))) => Some(("construct", error)),
        _ => None,
    };
    match refused {
        Some((stage, error)) => refusal(&mut json, source, &places, stage, error),
        None => json.raw("null"),
    }
    json.key("events");
    json.open('[');
    let ended = match &parsed {
        Ok(_) => true,
        Err(error) => matches!(error.class(), ErrorClass::Scanner | ErrorClass::Parser),
    };
    if ended {
        for event in pyyaml::events(source).map_while(Result::ok) {
            write_event(&mut json, &places, &event);
        }
    }
    json.close(']');
    json.key("tree");
    json.open('[');
    if let Ok(document) = &parsed {
        tree(&mut json, &places, document);
    }
    json.close(']');
    json.key("values");
    json.open('[');
    if let Some(Ok(value)) = &loaded {
        let from = json.out.len();
        if values(&mut json, value) > MOST_VALUES {
            json.out.truncate(from);
            json.string("endless");
        }
    }
    json.close(']');
    json.close('}');
    json.out
}

/// Counts characters where the crate counts bytes.
struct Places {
    // None for ASCII, where both are the same.
    characters: Option<Vec<usize>>,
}

impl Places {
    fn new(source: &[u8]) -> Self {
        let mut count = 0;
        let utf16 = source.starts_with(b"\xff\xfe") || source.starts_with(b"\xfe\xff");
        let little = source.first() == Some(&0xff);
        let characters = (!source.is_ascii()).then(|| {
            let begins = source.iter().enumerate().map(|(at, byte)| {
                if !utf16 {
                    byte & 0xc0 != 0x80
                } else if at % 2 == 0 {
                    // The second half of a surrogate pair is no character of its own.
                    source.get(at + usize::from(little)).is_none_or(|high| high & 0xfc != 0xdc)
                } else {
                    false
                }
            });
            let starts = begins.map(|begins| {
                let before = count;
                count += usize::from(begins);
                before
            });
            let mut all: Vec<usize> = starts.collect();
            all.push(count);
            all
        });
        Self { characters }
    }

    fn index(&self, mark: Mark) -> usize {
        match &self.characters {
            None => mark.byte,
            Some(characters) => characters.get(mark.byte).copied().unwrap_or(usize::MAX),
        }
    }

    fn mark(&self, json: &mut Json, mark: Option<Mark>) {
        match mark {
            None => json.raw("null"),
            Some(mark) => {
                json.raw(format_args!("[{},{},{}]", self.index(mark), mark.line, mark.column));
            }
        }
    }

    fn span(&self, json: &mut Json, span: Span) {
        let Span { start, end } = span;
        json.raw(format_args!(
            "[{},{},{},{},{},{}]",
            self.index(start),
            start.line,
            start.column,
            self.index(end),
            end.line,
            end.column
        ));
    }
}

fn refusal(json: &mut Json, source: &[u8], places: &Places, stage: &str, error: &Error) {
    json.open('{');
    json.key("stage");
    json.string(stage);
    json.key("class");
    json.string(error.class().name());
    if error.class().is_yaml_error() && error.class() != ErrorClass::Reader {
        json.key("context");
        json.maybe(error.context());
        json.key("context_mark");
        places.mark(json, error.context_mark());
        json.key("problem");
        json.string(error.problem());
        json.key("problem_mark");
        places.mark(json, error.problem_mark());
    }
    if error.class() == ErrorClass::Limit {
        json.key("mark");
        places.mark(json, error.problem_mark());
    }
    json.key("text");
    json.string(&error.render(source, "<byte string>"));
    json.close('}');
}

fn write_event(json: &mut Json, places: &Places, event: &Event<'_>) {
    let kind = match event.kind {
        EventKind::StreamStart => "stream",
        EventKind::StreamEnd => "stream-end",
        EventKind::DocumentStart { .. } => "document",
        EventKind::DocumentEnd { .. } => "document-end",
        EventKind::Alias { .. } => "alias",
        EventKind::Scalar { .. } => "scalar",
        EventKind::SequenceStart { .. } => "sequence",
        EventKind::SequenceEnd => "sequence-end",
        EventKind::MappingStart { .. } => "mapping",
        EventKind::MappingEnd => "mapping-end",
    };
    json.open('[');
    json.string(kind);
    json.raw(places.index(event.span.start));
    json.raw(places.index(event.span.end));
    match &event.kind {
        EventKind::Alias { anchor } => json.string(anchor),
        EventKind::Scalar { properties, value, style, implicit } => {
            write_properties(json, properties);
            json.text("", value);
            indicator(json, style.indicator());
            json.raw(format_args!("[{},{}]", implicit.0, implicit.1));
        }
        EventKind::SequenceStart { properties, implicit, flow }
        | EventKind::MappingStart { properties, implicit, flow } => {
            write_properties(json, properties);
            json.flag(*flow);
            json.flag(*implicit);
        }
        EventKind::DocumentStart { explicit, version, tags } => {
            json.flag(*explicit);
            match version {
                Some((major, minor)) => json.raw(format_args!("[{major},{minor}]")),
                None => json.raw("null"),
            }
            let mut tags = tags.clone();
            tags.sort();
            json.open('[');
            for (handle, prefix) in &tags {
                json.open('[');
                json.string(handle);
                json.string(prefix);
                json.close(']');
            }
            json.close(']');
        }
        EventKind::DocumentEnd { explicit } => json.flag(*explicit),
        EventKind::StreamStart | EventKind::StreamEnd | EventKind::SequenceEnd | EventKind::MappingEnd => {}
    }
    json.close(']');
}

fn write_properties(json: &mut Json, properties: &Properties<'_>) {
    json.maybe(properties.anchor.as_deref());
    json.maybe(properties.tag.as_deref());
}

fn indicator(json: &mut Json, style: Option<char>) {
    match style {
        Some(style) => json.string(&style.to_string()),
        None => json.raw("null"),
    }
}

fn tree(json: &mut Json, places: &Places, document: &Document) {
    let mut numbers = vec![None; document.nodes().len()];
    let mut written = 0;
    let mut todo: Vec<NodeId> = document.root().map(pyyaml::NodeRef::id).into_iter().collect();
    while let Some(id) = todo.pop() {
        let node = document.node(id).expect("a child is a node of the document");
        if let NodeKind::Alias { target } = node.kind() {
            json.raw(numbers[target.index()].expect("the target of an alias comes before it"));
            written += 1;
            continue;
        }
        numbers[id.index()] = Some(written);
        written += 1;
        json.open('[');
        let (kind, children, flow) = match node.kind() {
            NodeKind::Scalar { value, style } => {
                json.string("scalar");
                json.string(node.tag());
                json.text("", value);
                indicator(json, style.indicator());
                places.span(json, node.span());
                json.close(']');
                continue;
            }
            NodeKind::Sequence { items, flow } => ("sequence", items.clone(), *flow),
            NodeKind::Mapping { pairs, flow } => {
                ("mapping", pairs.iter().flat_map(|(key, value)| [*key, *value]).collect(), *flow)
            }
            NodeKind::Alias { .. } => unreachable!("handled above"),
        };
        json.string(kind);
        json.string(node.tag());
        json.raw(children.len());
        json.flag(flow);
        places.span(json, node.span());
        json.close(']');
        todo.extend(children.iter().rev());
    }
}

fn float(value: f64) -> String {
    if value.is_nan() { "nan".to_owned() } else { format!("{:016x}", value.to_bits()) }
}

/// Writes a value and what it holds, and says how many that were.
fn values(json: &mut Json, value: &Value) -> usize {
    let mut count = 1;
    let mut container =
        |json: &mut Json, kind: &str, length: usize, children: &mut dyn Iterator<Item = &Value>| {
            json.raw(format_args!("[\"{kind}\",{length}]"));
            for child in children {
                count += values(json, child);
            }
        };
    match value {
        Value::Null => json.string("null"),
        Value::Bool(value) => json.string(if *value { "bool:true" } else { "bool:false" }),
        Value::Int(value) => {
            let decimal = value.to_string();
            if decimal.trim_start_matches('-').len() > 4300 {
                json.string(&format!("int:{value:#x}"));
            } else {
                json.string(&format!("int:{decimal}"));
            }
        }
        Value::Float(value) => json.string(&format!("float:{}", float(*value))),
        Value::Complex(real, imaginary) => {
            json.string(&format!("complex:{},{}", float(*real), float(*imaginary)));
        }
        Value::String(value) => json.text("str:", value),
        Value::Binary(value) => {
            let digits: Vec<String> = value.iter().map(|byte| format!("{byte:02x}")).collect();
            json.string(&format!("bytes:{}", digits.concat()));
        }
        Value::Date(date) => {
            json.string(&format!("date:{:04}-{:02}-{:02}", date.year, date.month, date.day));
        }
        Value::DateTime(time) => {
            let offset = time.offset.map_or_else(String::new, |seconds| {
                let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
                format!("{sign}{:02}:{:02}", size / 3600, size / 60 % 60)
            });
            json.string(&format!(
                "datetime:{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}{offset}",
                time.date.year,
                time.date.month,
                time.date.day,
                time.hour,
                time.minute,
                time.second,
                time.microsecond
            ));
        }
        Value::List(items) => container(json, "list", items.len(), &mut items.iter()),
        Value::Tuple(items) => container(json, "tuple", items.len(), &mut items.iter()),
        Value::Map(pairs) => {
            container(json, "dict", pairs.len() * 2, &mut pairs.iter().flat_map(|(key, value)| [key, value]));
        }
        Value::Set(items) => {
            // A set has no order that means anything: sorted by what is written of its members.
            let mut members: Vec<String> = items.iter().map(alone).collect();
            members.sort();
            json.raw(format_args!("[\"set\",{}]", items.len()));
            for member in &members {
                json.raw(member);
            }
            count += items.len();
        }
        Value::OrderedMap(pairs) => {
            json.raw(format_args!("[\"list\",{}]", pairs.len()));
            for (key, value) in pairs {
                json.raw("[\"tuple\",2]");
                count += 1 + values(json, key) + values(json, value);
            }
        }
        _ => json.string("a kind of value that this test does not know"),
    }
    count
}

fn alone(value: &Value) -> String {
    let mut json = Json::default();
    values(&mut json, value);
    json.out
}
