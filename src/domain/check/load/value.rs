//! Values as Python has them: read from a file, each part knowing its node, or made by the loader on its way. Values
//! that were read are borrowed from their files.

use std::borrow::Cow;

use pyyaml::{Content, Date, DateTime, Entry, Int, Located, Value as Scalar};

/// A value of a rule or of the configuration.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// Read from a file.
    Read(&'a Located),
    /// `None`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`
    Number(i64),
    /// `str`
    Text(Cow<'a, str>),
    /// `datetime.timedelta`, in microseconds
    Duration(i128),
    /// `list`
    List(Vec<Self>),
    /// `tuple` of two: an entry of an ordered map.
    Pair(&'a Located, &'a Located),
    /// What is nothing but wrong where it stands; its class.
    Odd(&'static str),
    /// A class or function, by its dotted path.
    Named(&'static str),
    /// An object, by the dotted path of its class.
    Object(&'static str),
}

/// A value, looked at.
#[derive(Clone, Debug)]
pub(super) enum View<'v, 'a> {
    Null,
    Bool(bool),
    Int(Cow<'v, Int>),
    Float(f64),
    Complex(f64, f64),
    Text(&'v str),
    Bytes(&'v [u8]),
    Date(Date),
    DateTime(DateTime),
    Duration(i128),
    List(List<'v, 'a>),
    Tuple(&'a [Located]),
    Set(&'a [Located]),
    Map(&'a [Entry]),
    /// A list of pairs, which are tuples.
    Pairs(&'a [(Located, Located)]),
    /// Something with no inside; the name of its class.
    Other(&'static str),
}

/// A list, read or made.
#[derive(Clone, Copy, Debug)]
pub(super) enum List<'v, 'a> {
    Read(&'a [Located]),
    Made(&'v [Value<'a>]),
}

impl<'v, 'a> List<'v, 'a> {
    pub(super) fn len(self) -> usize {
        match self {
            Self::Read(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Value<'a>> + 'v
    where
        'a: 'v,
    {
        let (read, made): (&'a [Located], &'v [Value<'a>]) = match self {
            Self::Read(items) => (items, &[]),
            Self::Made(items) => (&[], items),
        };
        read.iter().map(Value::Read).chain(made.iter().cloned())
    }
}

/// Looks at a value that was read.
pub(super) fn view(located: &Located) -> View<'_, '_> {
    match &located.content {
        Content::Scalar(scalar) => match scalar {
            Scalar::Bool(value) => View::Bool(*value),
            Scalar::Int(value) => View::Int(Cow::Borrowed(value)),
            Scalar::Float(value) => View::Float(*value),
            Scalar::Complex(real, imaginary) => View::Complex(*real, *imaginary),
            Scalar::String(text) => View::Text(text.as_str()),
            Scalar::Binary(bytes) => View::Bytes(bytes),
            Scalar::Date(date) => View::Date(*date),
            Scalar::DateTime(time) => View::DateTime(*time),
            _ => View::Null,
        },
        Content::List(items) => View::List(List::Read(items)),
        Content::Tuple(items) => View::Tuple(items),
        Content::Set(items) => View::Set(items),
        Content::Map(entries) => View::Map(entries),
        Content::OrderedMap(pairs) => View::Pairs(pairs),
        _ => View::Other("object"),
    }
}

impl<'a> Value<'a> {
    /// What it is.
    pub(super) fn view(&self) -> View<'_, 'a> {
        match self {
            Self::Read(located) => view(located),
            Self::Null => View::Null,
            Self::Bool(value) => View::Bool(*value),
            Self::Number(value) => View::Int(Cow::Owned(Int::from(*value))),
            Self::Text(text) => View::Text(text),
            Self::Duration(micros) => View::Duration(*micros),
            Self::List(items) => View::List(List::Made(items)),
            Self::Odd(class) | Self::Object(class) => View::Other(class),
            Self::Pair(..) => View::Other("tuple"),
            Self::Named(_) => View::Other("function"),
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Read(Located { content: Content::Scalar(Scalar::String(text)), .. }) => Some(text.as_str()),
            _ => None,
        }
    }

    /// Whether it is a text that no file can be called by: with halves of characters, those aside that stand for bytes.
    pub(super) fn names_no_file(&self) -> bool {
        self.lone().any(|code| !(0xdc80..=0xdcff).contains(&code))
    }

    /// Whether it is a text that cannot be written as UTF-8.
    pub(super) fn has_no_utf8(&self) -> bool {
        self.lone().next().is_some()
    }

    /// Halves of characters, which only Python's texts can hold.
    fn lone(&self) -> impl Iterator<Item = u16> {
        let lone = match self {
            Self::Read(Located { content: Content::Scalar(Scalar::String(text)), .. }) => text.surrogates(),
            _ => &[],
        };
        lone.iter().map(|(_, code)| *code)
    }

    /// The text for as long as the files live.
    pub(super) fn text_owned(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Read(Located { content: Content::Scalar(Scalar::String(text)), .. }) => {
                Some(Cow::Borrowed(text.as_str()))
            }
            _ => None,
        }
    }

    /// Whether `type(value) == list`.
    pub(super) fn is_list(&self) -> bool {
        matches!(self.view(), View::List(_) | View::Pairs(_))
    }

    /// What Python's `bool` makes of it.
    pub(super) fn is_true(&self) -> bool {
        self.view().is_true()
    }

    /// The name of its class.
    pub(super) fn class(&self) -> &'static str {
        self.view().class()
    }

    /// `a string`, `a number`, as a person says it.
    pub(super) fn kind(&self) -> &'static str {
        self.view().kind()
    }
}

impl View<'_, '_> {
    /// What Python's `bool` makes of it.
    pub(super) fn is_true(&self) -> bool {
        match self {
            View::Null => false,
            View::Bool(value) => *value,
            View::Int(value) => **value != Int::default(),
            View::Float(value) => *value != 0.0,
            View::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            View::Text(text) => !text.is_empty(),
            View::Bytes(bytes) => !bytes.is_empty(),
            View::Duration(micros) => *micros != 0,
            View::List(list) => list.len() > 0,
            View::Tuple(items) | View::Set(items) => !items.is_empty(),
            View::Map(entries) => !entries.is_empty(),
            View::Pairs(pairs) => !pairs.is_empty(),
            View::Date(_) | View::DateTime(_) | View::Other(_) => true,
        }
    }

    /// The name of its class.
    pub(super) fn class(&self) -> &'static str {
        match self {
            View::Null => "NoneType",
            View::Bool(_) => "bool",
            View::Int(_) => "int",
            View::Float(_) => "float",
            View::Complex(..) => "complex",
            View::Text(_) => "str",
            View::Bytes(_) => "bytes",
            View::Date(_) => "datetime.date",
            View::DateTime(_) => "datetime.datetime",
            View::Duration(_) => "datetime.timedelta",
            View::List(_) | View::Pairs(_) => "list",
            View::Tuple(_) => "tuple",
            View::Set(_) => "set",
            View::Map(_) => "dict",
            View::Other(class) => class,
        }
    }

    /// What a person calls it.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            View::Null => "nothing",
            View::Bool(_) => "a boolean",
            View::Int(_) => "a whole number",
            View::Float(_) | View::Complex(..) => "a number",
            View::Text(_) => "a string",
            View::Bytes(_) => "binary data",
            View::Date(_) => "a date",
            View::DateTime(_) => "a time",
            View::Duration(_) => "a duration",
            View::List(_) | View::Pairs(_) => "a list",
            View::Tuple(_) => "a tuple",
            View::Set(_) => "a set",
            View::Map(_) => "a mapping",
            View::Other(_) => "an object",
        }
    }
}
