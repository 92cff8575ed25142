//! A `dict` of Python with the place of each value: a rule on its way through the loader, or the configuration. Keys
//! are Python's: strings nearly always, and now and then something else.

use std::borrow::Cow;
use std::collections::HashMap;

use pyyaml::{Located, NodeId};

use super::depends::Watch;
use super::outcome::At;
use super::python;
use super::read::Parsed;
use super::value::Value;

/// A key.
#[derive(Clone, Debug)]
pub(super) enum Key<'a> {
    /// A string.
    Text(Cow<'a, str>),
    /// Anything else that has a hash.
    Odd(&'a Located),
}

/// What stands under a key.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    pub(super) key: Key<'a>,
    pub(super) value: Value<'a>,
    /// Where the key and its value were read.
    pub(super) from: Option<(&'a Parsed, NodeId, NodeId)>,
}

/// The `dict`, in order of insertion.
#[derive(Clone, Debug, Default)]
pub(super) struct Dict<'a> {
    items: Vec<Option<Item<'a>>>,
    index: HashMap<Cow<'a, str>, usize>,
    odd: bool,
    /// Who wants to know what is asked for.
    watch: Option<&'a Watch<'a>>,
}

impl<'a> Dict<'a> {
    /// What a file holds, if it is a mapping.
    pub(super) fn read(file: &'a Parsed, entries: &'a [pyyaml::Entry]) -> Self {
        let mut dict = Self { items: Vec::with_capacity(entries.len() + 32), ..Self::default() };
        dict.index.reserve(entries.len() + 32);
        for entry in entries {
            let key = match Value::Read(&entry.key).text_owned() {
                Some(text) => Key::Text(text),
                None => Key::Odd(&entry.key),
            };
            let from = Some((file, entry.key.node, entry.value.node));
            dict.put(Item { key, value: Value::Read(&entry.value), from });
        }
        dict
    }

    /// The same, watched, as is all that takes over from it.
    pub(super) fn watched(&self, watch: &'a Watch<'a>) -> Self {
        Self { watch: Some(watch), ..self.clone() }
    }

    fn at_key(&self, key: &str) -> Option<usize> {
        if let Some(watch) = self.watch {
            watch.key(key);
        }
        self.index.get(key).copied()
    }

    fn position(&self, key: &Key<'_>) -> Option<usize> {
        match key {
            Key::Text(text) => self.at_key(text),
            Key::Odd(_) if !self.odd => None,
            Key::Odd(key) => self.items.iter().position(|item| {
                item.as_ref().is_some_and(|item| match &item.key {
                    Key::Odd(other) => python::equal(&Value::Read(key), &Value::Read(other)),
                    Key::Text(_) => false,
                })
            }),
        }
    }

    /// Sets what stands under a key; a key that is there keeps its place.
    pub(super) fn put(&mut self, item: Item<'a>) {
        if let Some(slot) = self.position(&item.key).and_then(|at| self.items.get_mut(at)) {
            match slot {
                Some(old) => {
                    old.value = item.value;
                    old.from = item.from;
                }
                None => *slot = Some(item),
            }
            return;
        }
        match &item.key {
            Key::Text(text) => _ = self.index.insert(text.clone(), self.items.len()),
            Key::Odd(_) => self.odd = true,
        }
        self.items.push(Some(item));
    }

    /// Sets a value that the loader made; it stands where the one before stood.
    pub(super) fn set(&mut self, key: &'a str, value: Value<'a>) {
        let from = self.get_item(key).and_then(|item| item.from);
        self.put(Item { key: Key::Text(Cow::Borrowed(key)), value, from });
    }

    /// Sets a value unless there is one.
    pub(super) fn set_default(&mut self, key: &'a str, value: Value<'a>) {
        if !self.has(key) {
            self.put(Item { key: Key::Text(Cow::Borrowed(key)), value, from: None });
        }
    }

    /// Takes over all of another one whose keys are not there.
    pub(super) fn set_defaults(&mut self, other: &Self) {
        for item in other.items.iter().flatten() {
            if self.position(&item.key).is_none() {
                self.put(item.clone());
            }
        }
        self.watch = self.watch.or(other.watch);
    }

    /// Takes over all of another one.
    pub(super) fn update(&mut self, other: &Self) {
        for item in other.items() {
            self.put(item.clone());
        }
    }

    /// Takes out a key.
    pub(super) fn remove(&mut self, key: &str) {
        if self.at_key(key).is_some()
            && let Some(at) = self.index.remove(key)
            && let Some(slot) = self.items.get_mut(at)
        {
            *slot = None;
        }
    }

    pub(super) fn get_item(&self, key: &str) -> Option<&Item<'a>> {
        self.at_key(key).and_then(|at| self.items.get(at)).and_then(Option::as_ref)
    }

    /// The value under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.get_item(key).map(|item| &item.value)
    }

    /// Whether a key is there.
    pub(super) fn has(&self, key: &str) -> bool {
        self.at_key(key).is_some()
    }

    /// Whether what stands under a key is there and true.
    pub(super) fn is_true(&self, key: &str) -> bool {
        self.get(key).is_some_and(Value::is_true)
    }

    /// Where the value of a key is.
    pub(super) fn at(&self, key: &str) -> Option<At> {
        self.get_item(key).and_then(Item::at)
    }

    /// All that is there, in order.
    pub(super) fn items(&self) -> impl Iterator<Item = &Item<'a>> {
        if let Some(watch) = self.watch {
            watch.all();
        }
        self.items.iter().flatten()
    }

    /// Whether every key is a string.
    pub(super) fn is_plain(&self) -> bool {
        if let Some(watch) = self.watch {
            watch.all();
        }
        !self.odd
    }
}

impl Item<'_> {
    /// Where the value is.
    pub(super) fn at(&self) -> Option<At> {
        self.from.map(|(file, _, value)| file.at(value))
    }

    /// The key, if it is a string.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.key {
            Key::Text(text) => Some(text),
            Key::Odd(_) => None,
        }
    }
}
