//! One file as `ElastAlert` reads it: UTF-8, variables put in, `PyYAML`'s `FullLoader`. Each part of the value knows
//! its place.

use std::collections::BTreeMap;
use std::sync::Arc;

use pyyaml::{Error, ErrorClass, Loaded, Located, NodeId};

use super::depends::Given;
use super::expand::{Put, expand};
use super::fault::{EA, Fault, Result, Stop};
use super::outcome::{At, Need};

/// A file that was read.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its path in the rendering.
    pub(super) path: String,
    loaded: Arc<Loaded>,
    put: Put,
}

impl Parsed {
    /// The value of the document; `None` for nothing.
    pub(super) fn root(&self) -> Option<&Located> {
        self.loaded.root.as_ref()
    }

    /// Where a node is.
    pub(super) fn at(&self, node: NodeId) -> At {
        let span = self.loaded.document.node(node).map(pyyaml::NodeRef::span).unwrap_or_default();
        At {
            file: self.path.clone(),
            range: self.put.before(span.bytes()),
            line: span.start.line + 1,
            column: span.start.column + 1,
        }
    }

    /// The place of the whole file.
    pub(super) fn start(&self) -> At {
        At { file: self.path.clone(), range: 0..0, line: 1, column: 1 }
    }
}

/// Reads a file, whatever its errors are caught as. A text that was read already is not read again, unless variables
/// are put into it.
pub(super) fn read(
    path: &str,
    bytes: &[u8],
    variables: &BTreeMap<String, String>,
    given: Option<&Given>,
) -> Result<Parsed> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return undecodable(path, bytes, error.valid_up_to()),
    };
    let (text, put) = expand(text, variables);
    let loaded = match given.filter(|_| put.is_empty()) {
        Some(given) => given.clone(),
        None => pyyaml::load_located(text.as_bytes()).map(Arc::new),
    };
    match loaded {
        Ok(loaded) => Ok(Parsed { path: path.to_owned(), loaded, put }),
        Err(error) => Err(refused(path, &error, &put)),
    }
}

fn undecodable(path: &str, bytes: &[u8], offset: usize) -> Result<Parsed> {
    let before = bytes.get(..offset).unwrap_or_default();
    let line = before.split(|byte| *byte == b'\n').count();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let at = At { file: path.to_owned(), range: offset..offset + 1, line, column: offset - start + 1 };
    Fault::new("yaml.encoding", "UnicodeDecodeError", "the file is not UTF-8").at(Some(at)).stop()
}

fn refused(path: &str, error: &Error, put: &Put) -> Stop {
    if error.class() == ErrorClass::Limit && error.problem().contains("Python") {
        return Stop::Unknown(Need::Module { name: "of a `!!python/name`".into() });
    }
    if error.class() == ErrorClass::Limit {
        return Stop::Unknown(Need::Other {
            what: "a file that is larger or deeper than is followed here".into(),
        });
    }
    let at = error.mark().map(|mark| At {
        file: path.to_owned(),
        range: put.before(mark.byte..mark.byte),
        line: mark.line + 1,
        column: mark.column + 1,
    });
    let (code, what) = match error.class() {
        ErrorClass::Composer if is_another_document(error) => {
            ("yaml.documents", "the file holds more than one document")
        }
        ErrorClass::Reader | ErrorClass::Scanner | ErrorClass::Parser | ErrorClass::Composer => {
            ("yaml.syntax", "the file is no YAML")
        }
        _ => ("yaml.value", "a value cannot be made of what is written"),
    };
    let message = match error.fixed_problem() {
        Some(problem) if code != "yaml.documents" => format!("{what}: {problem}"),
        _ => what.to_owned(),
    };
    let mut fault = Fault::new(code, error.class().name(), message).at(at);
    if code == "yaml.documents" {
        fault = fault.hint("one rule, one file");
    }
    Stop::Fault(Box::new(fault))
}

fn is_another_document(error: &Error) -> bool {
    error.context().is_some_and(|context| context.contains("single document"))
}

/// What the loader of rules makes of an error: it catches those of the scanner, and no others.
pub(super) fn caught(stop: Stop) -> Stop {
    match stop {
        Stop::Fault(mut fault) if fault.class == "ScannerError" => {
            fault.cause = Some(fault.class);
            fault.class = EA;
            Stop::Fault(fault)
        }
        other => other,
    }
}
