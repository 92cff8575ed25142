//! Templates of alerts, made at random by the grammar of Jinja2 and now and then broken. Each is made from a seed and its
//! number alone; twenty of them are the rules of one workspace.

use std::fmt::Write as _;

use crate::edits::Random;
use crate::workspace::{CONFIG, File, Workspace};

/// So many rules a workspace has.
pub(crate) const RULES: u64 = 20;

const NAMES: &[&str] =
    &["a", "b", "loop", "caller", "varargs", "kwargs", "self", "super", "class", "\u{e9}", "_x"];
const FILTERS: &[&str] =
    &["upper", "default", "length", "join", "first", "e", "map", "nonsense", "a.b", "tojson"];
const TESTS: &[&str] =
    &["defined", "none", "odd", "string", "in", "divisibleby", "nonsense", "callable", "eq"];
const LITERALS: &[&str] = &[
    "0", "1", "2", "10", "1_0", "0x1f", "1.5", "0.0", "1e3", "''", "'a'", "\"b\"", "'a' 'b'", "'\\n'",
    "true", "False", "none", "None", "[]", "()", "{}", "'1'", "3", "-1",
];
const BINARY: &[&str] =
    &["+", "-", "~", "*", "/", "//", "%", "**", " and ", " or ", "==", "!=", "<", ">=", " in ", " not in "];
const PIECES: &[&str] = &[
    "{{", "}}", "{%", "%}", "(", ")", "[", "]", "'", "|", ",", ":", "=", ".", " if ", " else ", " is ", "-",
    "\n",
];

/// The workspace with this number.
pub(crate) fn made(seed: u64, number: u64) -> Workspace {
    let config = "rules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 15}\nes_host: search\n\
                  es_port: 9200\nwriteback_index: elastalert\n";
    let mut workspace =
        Workspace { name: format!("templates/{number} of seed {seed}"), ..Workspace::default() };
    workspace.files.insert(CONFIG.to_owned(), File::Bytes(config.into()));
    for each in 0..RULES {
        let mut making = Making { random: Random::new(seed, number * RULES + each), out: String::new() };
        making.template();
        let text = serde_json::to_string(&making.out).unwrap();
        let rule = format!(
            "name: t{each}\ntype: any\nindex: logs\nalert: debug\nalert_text_type: alert_text_jinja\nalert_text: {text}\n"
        );
        workspace.files.insert(format!("/opt/rules/t{each:02}.yaml"), File::Bytes(rule.into_bytes()));
    }
    workspace
}

struct Making {
    random: Random,
    out: String,
}

impl Making {
    fn one_in(&mut self, many: usize) -> bool {
        self.random.below(many) == 0
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn any(&mut self, from: &[&str]) {
        let text = *self.random.pick(from);
        self.put(text);
    }

    fn name(&mut self) {
        let known = if self.one_in(3) { NAMES } else { &NAMES[..2] };
        self.any(known);
    }

    fn template(&mut self) {
        for _ in 0..=self.random.below(3) {
            self.piece(3);
        }
        if self.one_in(8) {
            self.broken();
        }
    }

    /// A piece more, or a letter less.
    fn broken(&mut self) {
        let mut at = self.random.below(self.out.len() + 1);
        while !self.out.is_char_boundary(at) {
            at += 1;
        }
        if self.one_in(2) && at < self.out.len() {
            self.out.remove(at);
        } else {
            let piece = *self.random.pick(PIECES);
            self.out.insert_str(at, piece);
        }
    }

    fn body(&mut self, deep: usize) {
        for _ in 0..self.random.below(3) {
            self.piece(deep);
        }
    }

    fn piece(&mut self, deep: usize) {
        match self.random.below(if deep == 0 { 5 } else { 12 }) {
            0 => self.any(&["text", " ", "\n", "{# c #}", "{% raw %}{{{% endraw %}", "{", "  "]),
            1..=4 => {
                self.any(&["{{ ", "{{- ", "{{"]);
                self.expression(3);
                self.any(&[" }}", " -}}", "}}"]);
            }
            _ => self.statement(deep - 1),
        }
    }

    fn tag(&mut self, text: &str) {
        write!(self.out, "{{% {text}").unwrap();
    }

    fn end(&mut self) {
        self.any(&[" %}", " %}", " -%}", "+%}"]);
    }

    /// The body of a tag, and the tag that closes it.
    fn closed(&mut self, deep: usize, name: &str) {
        self.end();
        self.body(deep);
        self.tag(name);
        self.end();
    }

    fn statement(&mut self, deep: usize) {
        match self.random.below(15) {
            0 | 1 => self.tag_for(deep),
            2 | 3 => self.tag_if(deep),
            4 => {
                let name = *self.random.pick(&["x", "y", "z", "\u{e9}", "class"]);
                self.tag(&format!("block {name}"));
                self.any(&["", "", " scoped", " required"]);
                self.closed(deep, "endblock");
            }
            5 => {
                self.tag("extends ");
                self.any(&["'a'", "b"]);
                self.end();
            }
            6 => {
                self.tag("print ");
                for at in 0..self.random.below(3) {
                    self.put(if at > 0 { ", " } else { "" });
                    self.expression(2);
                }
                self.end();
            }
            7 | 8 => {
                let called = self.one_in(2);
                self.tag(if called { "call" } else { "macro m" });
                if !called || self.one_in(2) {
                    self.signature();
                }
                if called {
                    self.put(" m");
                    self.arguments();
                }
                self.closed(deep, if called { "endcall" } else { "endmacro" });
            }
            9 => {
                self.tag("");
                self.any(&[
                    "include 'a'",
                    "import 'a' as b",
                    "from 'a' import b",
                    "from 'a' import b as loop, c",
                    "include ['a'] ignore missing",
                ]);
                self.any(&["", " with context", " without context"]);
                self.end();
            }
            10 | 11 => self.tag_set(deep),
            12 => {
                self.tag("with ");
                for at in 0..self.random.below(3) {
                    self.put(if at > 0 { ", " } else { "" });
                    self.name();
                    self.put("=");
                    self.expression(2);
                }
                self.closed(deep, "endwith");
            }
            13 => {
                self.tag("autoescape ");
                self.any(&["true", "a", "1 == 1"]);
                self.closed(deep, "endautoescape");
            }
            _ => {
                self.tag("filter ");
                self.any(FILTERS);
                self.closed(deep, "endfilter");
            }
        }
    }

    fn tag_for(&mut self, deep: usize) {
        self.tag("for ");
        self.name();
        if self.one_in(4) {
            self.put(", ");
            self.name();
        }
        self.put(" in ");
        self.expression(2);
        if self.one_in(4) {
            self.put(" if ");
            self.expression(2);
        }
        if self.one_in(6) {
            self.put(" recursive");
        }
        self.end();
        self.body(deep);
        if self.one_in(3) {
            self.tag("else");
            self.end();
            self.body(deep);
        }
        self.tag("endfor");
        self.end();
    }

    fn tag_if(&mut self, deep: usize) {
        self.tag("if ");
        self.expression(2);
        self.end();
        self.body(deep);
        for name in ["elif ", "else"] {
            if self.one_in(3) {
                self.tag(name);
                if name == "elif " {
                    self.expression(2);
                }
                self.end();
                self.body(deep);
            }
        }
        self.tag("endif");
        self.end();
    }

    fn tag_set(&mut self, deep: usize) {
        self.tag("set ");
        self.name();
        match self.random.below(4) {
            0 => {
                if self.one_in(2) {
                    self.put(" | ");
                    self.any(FILTERS);
                }
                return self.closed(deep, "endset");
            }
            1 => {
                self.put(", ");
                self.name();
            }
            2 => self.put(".x"),
            _ => {}
        }
        self.put(" = ");
        self.expression(2);
        self.end();
    }

    fn signature(&mut self) {
        self.put("(");
        for at in 0..self.random.below(4) {
            self.put(if at > 0 { ", " } else { "" });
            self.name();
            if self.one_in(2) {
                self.put("=");
                self.expression(1);
            }
        }
        self.put(")");
    }

    fn arguments(&mut self) {
        self.put("(");
        for at in 0..self.random.below(3) {
            self.put(if at > 0 { ", " } else { "" });
            let kind = self.random.below(8);
            match kind {
                0 => self.put("*"),
                1 => self.put("**"),
                2 | 3 => {
                    self.name();
                    self.put("=");
                }
                _ => {}
            }
            self.expression(1);
        }
        self.put(")");
    }

    fn expression(&mut self, deep: usize) {
        if deep == 0 || self.one_in(5) {
            return if self.one_in(2) { self.name() } else { self.any(LITERALS) };
        }
        let inner = deep - 1;
        match self.random.below(16) {
            0..=4 => {
                self.expression(inner);
                self.any(BINARY);
                self.expression(inner);
            }
            5 => {
                self.any(&["not ", "-", "+"]);
                self.expression(inner);
            }
            6 => {
                self.expression(inner);
                self.put(" if ");
                self.expression(inner);
                if self.one_in(2) {
                    self.put(" else ");
                    self.expression(inner);
                }
            }
            7 | 8 => {
                self.expression(inner);
                self.put("|");
                self.any(FILTERS);
                if self.one_in(3) {
                    self.arguments();
                }
            }
            9 => {
                self.expression(inner);
                self.any(&[" is ", " is not "]);
                self.any(TESTS);
                if self.one_in(3) {
                    self.put(" ");
                    self.any(LITERALS);
                }
            }
            10 => {
                self.name();
                self.arguments();
            }
            11 => {
                self.expression(inner);
                self.any(&[".x", ".0", "[0]", "['k']", "[1:]", "[:2, 1]", "[::1]", "[a]"]);
            }
            12 => {
                self.put("[");
                self.list(inner);
                self.put("]");
            }
            13 => {
                self.put("{");
                self.expression(inner);
                self.put(": ");
                self.expression(inner);
                self.put("}");
            }
            _ => {
                self.put("(");
                self.list(inner);
                self.put(")");
            }
        }
    }

    fn list(&mut self, deep: usize) {
        for at in 0..=self.random.below(3) {
            self.put(if at > 0 { ", " } else { "" });
            self.expression(deep);
        }
    }
}
