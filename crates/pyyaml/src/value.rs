//! What `yaml.load` gives: values as Python has them. Mappings keep their order and hold each key once, where keys
//! are equal as in Python (`1`, `1.0` and `true` are one key).

use crate::int::Int;
use crate::text::Text;
use std::fmt;

/// A loaded value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`
    Null,
    /// `bool`
    Bool(bool),
    /// `int`, of any size
    Int(Int),
    /// `float`
    Float(f64),
    /// `complex` (`!!python/complex`): real and imaginary part
    Complex(f64, f64),
    /// `str`
    String(Text<'static>),
    /// `bytes` (`!!binary`)
    Binary(Vec<u8>),
    /// `datetime.date`
    Date(Date),
    /// `datetime.datetime`
    DateTime(DateTime),
    /// `list`
    List(Vec<Self>),
    /// `tuple` (`!!python/tuple`)
    Tuple(Vec<Self>),
    /// `dict`, in order of first insertion
    Map(Vec<(Self, Self)>),
    /// `set` (`!!set`), in order of first insertion
    Set(Vec<Self>),
    /// The list of pairs that `!!omap` and `!!pairs` load as
    OrderedMap(Vec<(Self, Self)>),
}

/// A day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Date {
    /// 1 to 9999
    pub year: u16,
    /// 1 to 12
    pub month: u8,
    /// 1 to 31
    pub day: u8,
}

/// A time on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// The day.
    pub date: Date,
    /// 0 to 23
    pub hour: u8,
    /// 0 to 59
    pub minute: u8,
    /// 0 to 59
    pub second: u8,
    /// 0 to 999,999
    pub microsecond: u32,
    /// Seconds east of UTC; `None` for a time without a zone.
    pub offset: Option<i32>,
}

impl fmt::Display for Date {
    /// As Python's `isoformat`: `2001-12-14`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

impl fmt::Display for DateTime {
    /// As Python's `isoformat`: `2001-12-14T21:59:43.100000-05:00`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}T{:02}:{:02}:{:02}", self.date, self.hour, self.minute, self.second)?;
        if self.microsecond > 0 {
            write!(f, ".{:06}", self.microsecond)?;
        }
        let Some(offset) = self.offset else { return Ok(()) };
        let (sign, size) = (if offset < 0 { '-' } else { '+' }, offset.unsigned_abs());
        write!(f, "{sign}{:02}:{:02}", size / 3600, size / 60 % 60)?;
        if size % 60 > 0 { write!(f, ":{:02}", size % 60) } else { Ok(()) }
    }
}
