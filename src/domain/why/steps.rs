//! The chain of one value, step by step, from the container to the layers. A secret is its placeholder in all of them.

use std::ops::Range;

use crate::domain::check::start::{ALWAYS, overrides};
use crate::domain::overlay::{Subject, flow};
use crate::domain::position::Lines;
use crate::domain::problem::Place;
use crate::domain::render::{Insertion, LayerValue};
use crate::domain::text::sanitise;
use crate::domain::token::tokens;
use crate::domain::yaml::Node;

use super::expand::variables;
use super::path::kind;
use super::read::Read;
use super::{Book, From, Leaf, Step};

/// Variables that count for a rule's own keys too, when the connection to its search engine is made.
const OF_RULES: [&str; 7] =
    ["ES_HOST", "ES_PORT", "ES_HOSTS", "ES_USERNAME", "ES_PASSWORD", "ES_API_KEY", "ES_BEARER"];

/// The longest value or line that is shown.
const LONGEST: usize = 400;

fn step(from: From, key: impl Into<String>, shown: impl Into<String>, place: Option<Place>) -> Step {
    Step { from, key: key.into(), layer: None, shown: shown.into(), place, note: None }
}

impl Book {
    /// A value with its chain.
    pub(super) fn leaf(&self, path: &str, index: usize, key: Option<&Node>, node: &Node) -> Leaf {
        let Some(read) = self.reads.get(index) else { return self.nothing(path) };
        let range = read.rendered_range(&node.range);
        let keys = key.map(|key| read.rendered_range(&key.range));
        let ranges = || keys.iter().chain([&range]);
        let secret = read.inside(&range).any(|insertion| insertion.secret);
        let mut leaf = self.nothing(path);
        leaf.secret = secret;
        leaf.kind = if secret { "a secret" } else { kind(node) };
        let text = node.text().filter(|_| secret).map(str::to_owned);
        leaf.value = self.clean(&text.unwrap_or_else(|| flow(node)));
        leaf.written = node
            .written(&read.text)
            .filter(|written| node.text().is_none() && !secret && *written != flow(node))
            .map(|written| self.clean(&written))
            .filter(|written| !written.is_empty());
        let at = if node.place().is_empty() { key.map_or(node.place(), Node::place) } else { node.place() };
        let at = read.rendered_range(at);
        self.overridden(path, index, &mut leaf);
        for range in ranges() {
            self.expanded(read, range, &mut leaf.chain);
        }
        self.brought(index, read, key, node, &mut leaf.chain);
        let (line, text) = read.rendered_line(at.start);
        let place = Place::line(read.path.clone(), line);
        leaf.chain.push(step(From::Rendered, "", self.line_of(&read.rendered, text), Some(place)));
        if let Some(alias) = &node.alias {
            let bytes = read.rendered_range(&node.range);
            let (line, text) = read.rendered_line(bytes.start);
            let brought = read.text.get(alias.clone()).unwrap_or_default();
            let mut alias = step(From::Alias, self.clean(brought), self.line_of(&read.rendered, text), None);
            alias.place = Some(Place::line(read.path.clone(), line));
            leaf.chain.push(alias);
        }
        self.put_in(path, index, read, &ranges().cloned().collect::<Vec<_>>(), range.start, &mut leaf.chain);
        for earlier in key.iter().flat_map(|key| read.earlier(key)) {
            let earlier = read.rendered_range(&earlier);
            let (_, text) = read.rendered_line(earlier.start);
            let mut below = step(
                From::Below,
                "",
                self.line_of(&read.rendered, text),
                Some(read.template_place(earlier.start)),
            );
            below.note = Some("the key is given twice, and the last one counts".into());
            leaf.chain.push(below);
        }
        leaf
    }

    /// A line that holds no value: a comment, or a file that is no YAML.
    pub(super) fn bare_line(&self, line: u32) -> Option<Leaf> {
        let read = self.reads.first()?;
        let lines = Lines::new(&read.rendered);
        if line as usize > lines.count() {
            return None;
        }
        let range = lines.range(line);
        let mut leaf = self.nothing("");
        leaf.kind = "a line";
        leaf.value = self.line_of(&read.rendered, range.clone());
        leaf.secret = read.inside(&range).any(|insertion| insertion.secret);
        self.expanded(read, &range, &mut leaf.chain);
        let place = Place::line(read.path.clone(), line);
        leaf.chain.push(step(From::Rendered, "", leaf.value.clone(), Some(place)));
        self.put_in("", 0, read, std::slice::from_ref(&range), range.start, &mut leaf.chain);
        Some(leaf)
    }

    /// A key of the configuration that no file gives, and a variable of the container does.
    pub(super) fn only_variable(&self, key: &str) -> Option<Leaf> {
        let index = if self.is_config { 0 } else { self.own };
        self.reads.get(index)?;
        let mut leaf = self.nothing(key);
        self.overridden(key, index, &mut leaf);
        (!leaf.chain.is_empty()).then_some(leaf)
    }

    fn nothing(&self, path: &str) -> Leaf {
        Leaf {
            file: self.source().to_owned(),
            path: path.to_owned(),
            value: String::new(),
            kind: "nothing",
            written: None,
            secret: false,
            chain: Vec::new(),
        }
    }

    /// A variable that counts whatever the files say.
    fn overridden(&self, path: &str, index: usize, leaf: &mut Leaf) {
        let of_config = self.is_config || index >= self.own && index > 0;
        let Some((variable, _)) = overrides().find(|(_, key)| *key == path) else { return };
        let of_rule = OF_RULES.contains(&variable) && crate::domain::rule::is_rule(&self.path());
        if !(of_config || of_rule) {
            return;
        }
        let Some(value) = self.variables.get(variable) else { return };
        if value.is_empty() && !of_config {
            return;
        }
        let place = self.variable_places.get(variable).cloned();
        let mut override_ = step(From::Variable, variable, self.clean(value), place);
        override_.note = Some("a variable of the container counts whatever the file says".into());
        leaf.chain.push(override_);
        leaf.written = None;
        leaf.secret = false;
        if variable == "ES_USE_SSL" {
            let yes = ["true", "on", "ok", "y", "yes", "1"].contains(&value.to_lowercase().as_str());
            (leaf.value, leaf.kind) = (yes.to_string(), "a boolean");
        } else {
            (leaf.value, leaf.kind) = (self.clean(value), "a text");
        }
    }

    fn path(&self) -> String {
        self.reads.first().map_or_else(String::new, |read| read.path.clone())
    }

    /// Variables that are put in place of their names.
    fn expanded(&self, read: &Read, range: &Range<usize>, chain: &mut Vec<Step>) {
        let parsed = read.unreadable.is_none();
        let text = read.rendered.get(range.clone()).unwrap_or_default();
        for (at, name) in variables(text).filter(|_| parsed) {
            let known = self.variables.get(name);
            if known.is_none() && !ALWAYS.contains(&name) || chain.iter().any(|step| step.key == name) {
                continue;
            }
            let written = text.get(at).unwrap_or_default();
            let shown = known.map_or_else(|| "what the container has".to_owned(), |value| self.clean(value));
            let mut put = step(From::Expanded, name, shown, self.variable_places.get(name).cloned());
            put.note = Some(format!("{written} becomes this when ElastAlert starts"));
            chain.push(put);
        }
    }

    /// How a value comes into a rule that does not give it itself.
    fn brought(&self, index: usize, read: &Read, key: Option<&Node>, node: &Node, chain: &mut Vec<Step>) {
        if index == 0 {
            return;
        }
        let at = read.rendered_range(key.map_or(node.place(), Node::place));
        let place = read.template_place(at.start);
        if index >= self.own {
            let mut default = step(From::Default, "", read.source.clone(), Some(place));
            default.note = Some("the configuration gives it to every rule that does not".into());
            chain.push(default);
        } else {
            let mut import = step(From::Import, "", read.source.clone(), read.import.clone());
            import.note = Some("the rule imports it".into());
            chain.push(import);
        }
    }

    /// Overlays, the template, its tokens, and what the layers below have.
    fn put_in(
        &self,
        path: &str,
        index: usize,
        read: &Read,
        ranges: &[Range<usize>],
        start: usize,
        chain: &mut Vec<Step>,
    ) {
        let mut put: Vec<&Insertion> = Vec::new();
        for insertion in ranges.iter().flat_map(|range| read.inside(range)) {
            if !put.iter().any(|known| std::ptr::eq(*known, insertion)) {
                put.push(insertion);
            }
        }
        let overlaid = put.iter().any(|insertion| insertion.overlay);
        for insertion in put.iter().filter(|insertion| insertion.overlay) {
            self.layers(insertion, From::Overlay, chain);
        }
        if !overlaid {
            self.same_overlay(path, index, read, chain);
        }
        // An added key is at no line of the template.
        let added = |insertion: &&&Insertion| insertion.overlay && insertion.replaced.is_empty();
        if !put.iter().any(|insertion| added(&insertion)) {
            let place = read.template_place(start);
            let text = self.line_of(&read.template, read.template_line(place.line));
            chain.push(step(From::Template, "", text, Some(place)));
        }
        for insertion in put.iter().filter(|insertion| !insertion.overlay) {
            self.layers(insertion, From::Token, chain);
        }
        // Tokens that an overlay covers do not count, and are there all the same.
        for insertion in put.iter().filter(|insertion| insertion.overlay) {
            let covered = read.template.get(insertion.replaced.clone()).unwrap_or_default();
            for token in tokens(covered) {
                let links =
                    self.values.get(token.key).map(|resolved| resolved.chain.as_slice()).unwrap_or_default();
                for link in links {
                    let mut below = step(From::Below, token.key, self.clean(&link.shown), link.place.clone());
                    below.layer = Some(link.layer.clone());
                    chain.push(below);
                }
            }
        }
    }

    /// What the layers give for one token or overlay, the winner first.
    fn layers(&self, insertion: &Insertion, from: From, chain: &mut Vec<Step>) {
        if insertion.chain.is_empty() {
            chain.push(step(from, insertion.key.clone(), "", None));
        }
        let known = |link: &&LayerValue| link.layer != "template";
        for (number, link) in insertion.chain.iter().filter(known).enumerate() {
            let from = if number == 0 { from } else { From::Below };
            let mut shown = self.clean(&link.shown);
            if insertion.secret {
                let provider = self.providers.get(&insertion.key).filter(|_| number == 0);
                shown = provider
                    .map_or_else(|| "a secret".to_owned(), |of| format!("a secret, from {}", self.clean(of)));
            }
            let mut found = step(from, insertion.key.clone(), shown, link.place.clone());
            found.layer = Some(link.layer.clone());
            chain.push(found);
        }
    }

    /// An overlay that asks for what is there already leaves no trace in the text.
    fn same_overlay(&self, path: &str, index: usize, read: &Read, chain: &mut Vec<Step>) {
        let of_config = self.is_config || index >= self.own && index > 0;
        let subject = match (&read.rule, of_config) {
            (_, true) => Subject::Config,
            (Some(name), false) => Subject::Rule(name.clone()),
            (None, false) => return,
        };
        let Some(top) = super::path::parse(path).ok().and_then(|path| path.into_iter().next()) else {
            return;
        };
        let same = self
            .overlays
            .iter()
            .rev()
            .filter(|overlay| overlay.subject == subject && overlay.key == top.text);
        for (number, overlay) in same.enumerate() {
            let from = if number == 0 { From::Overlay } else { From::Below };
            let mut found = step(
                from,
                overlay.key.clone(),
                self.clean(&flow(&overlay.value)),
                Some(overlay.place.clone()),
            );
            found.layer = Some(overlay.layer.clone());
            found.note = (number == 0).then(|| "it asks for what is there already".to_owned());
            chain.push(found);
        }
    }

    /// A line of a text as it may be shown. Base64 of a secret may go on above and below it.
    fn line_of(&self, text: &str, line: Range<usize>) -> String {
        self.clean(self.masker.part(text, line).trim_end())
    }

    /// A text as it may be shown: no known secret, no control characters, not too long.
    fn clean(&self, text: &str) -> String {
        let text = sanitise(self.masker.mask(text.to_owned()).as_bytes());
        if text.chars().nth(LONGEST).is_none() {
            return text;
        }
        text.chars().take(LONGEST).chain("…".chars()).collect()
    }
}
