//! What Jinja2 computes before a template runs, as far as it decides what is compiled at all: an arm that is never reached
//! may name a filter that there is not. Values are Python's; what is not followed here is told apart from what is none.

/// Whether an expression has a value beforehand.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Known {
    /// It has none: a variable, or something that fails.
    Never,
    /// It may have one.
    Maybe,
    Is(Value),
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Text(String),
    List(Vec<Self>),
    Tuple(Vec<Self>),
    Dict(Vec<(Self, Self)>),
    /// What a key gives that is not there.
    Undefined,
}

use Known::{Is, Maybe, Never};
use Value::{Bool, Float, Int, Text, Tuple, Undefined};

/// Texts and lists longer than this are not followed.
const LONGEST: usize = 1_000;

impl Value {
    fn is_true(&self) -> bool {
        match self {
            Self::None | Undefined => false,
            Bool(value) => *value,
            Int(value) => *value != 0,
            Float(value) => *value != 0.0,
            Text(value) => !value.is_empty(),
            Self::List(items) | Tuple(items) => !items.is_empty(),
            Self::Dict(entries) => !entries.is_empty(),
        }
    }

    /// Whether it can be written into the program.
    fn is_safe(&self) -> bool {
        match self {
            Undefined => false,
            Self::List(items) | Tuple(items) => items.iter().all(Self::is_safe),
            Self::Dict(entries) => entries.iter().all(|(key, value)| key.is_safe() && value.is_safe()),
            _ => true,
        }
    }

    /// Whether it can be the key of a mapping.
    fn has_hash(&self) -> bool {
        match self {
            Self::List(_) | Self::Dict(_) => false,
            Tuple(items) => items.iter().all(Self::has_hash),
            _ => true,
        }
    }

    /// How much it holds.
    fn size(&self) -> usize {
        match self {
            Text(text) => text.len(),
            Self::List(items) | Tuple(items) => items.iter().map(Self::size).sum::<usize>().max(1),
            Self::Dict(entries) => {
                entries.iter().map(|(key, value)| key.size() + value.size()).sum::<usize>().max(1)
            }
            _ => 1,
        }
    }

    fn int(&self) -> Option<i128> {
        match self {
            Bool(value) => Some(i128::from(*value)),
            Int(value) => Some(*value),
            _ => None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "Python rounds as well")]
    fn number(&self) -> Option<f64> {
        match self {
            Float(value) => Some(*value),
            other => other.int().map(|value| value as f64),
        }
    }

    fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(one), Self::List(other)) | (Tuple(one), Tuple(other)) => {
                one.len() == other.len() && one.iter().zip(other).all(|(one, other)| one.equals(other))
            }
            _ => match (self.int(), other.int(), self.number(), other.number()) {
                (Some(one), Some(other), ..) => one == other,
                #[expect(clippy::float_cmp, reason = "Python compares them so")]
                (_, _, Some(one), Some(other)) => one == other,
                _ => self == other,
            },
        }
    }
}

impl Known {
    pub(super) fn truth(truth: bool) -> Self {
        Is(Bool(truth))
    }

    /// Whether the program has this in place of the expression: certainly, or perhaps.
    pub(super) fn is_folded(&self) -> Option<bool> {
        match self {
            Never => Some(false),
            Maybe => None,
            Is(value) => Some(value.is_safe()),
        }
    }

    pub(super) fn not(self) -> Self {
        match self {
            Is(value) => Self::truth(!value.is_true()),
            other => other,
        }
    }

    pub(super) fn sign(self, minus: bool) -> Self {
        match self {
            Is(Float(value)) => Is(Float(if minus { -value } else { value })),
            Is(value) => match value.int() {
                Some(value) => {
                    value.checked_mul(if minus { -1 } else { 1 }).map_or(Maybe, |value| Is(Int(value)))
                }
                None => Never,
            },
            other => other,
        }
    }

    pub(super) fn and(self, right: Self) -> Self {
        match self {
            Is(value) if value.is_true() => right,
            other => other,
        }
    }

    pub(super) fn or(self, right: Self) -> Self {
        match self {
            Is(value) if !value.is_true() => right,
            other => other,
        }
    }

    /// `yes if self else no`
    pub(super) fn choose(self, yes: Self, no: Self) -> Self {
        match self {
            Is(value) if value.is_true() => yes,
            Is(_) => no,
            other => other,
        }
    }

    /// A value that all of these make together, which is not followed.
    pub(super) fn together<'k>(parts: impl IntoIterator<Item = &'k Self>) -> Self {
        if parts.into_iter().any(|part| *part == Never) { Never } else { Maybe }
    }

    /// All of these, or why not.
    fn all(parts: Vec<Self>) -> Result<Vec<Value>, Self> {
        let together = Self::together(&parts);
        let values: Option<Vec<Value>> =
            parts.into_iter().map(|part| if let Is(value) = part { Some(value) } else { None }).collect();
        values.ok_or(together)
    }

    pub(super) fn list(parts: Vec<Self>) -> Self {
        Self::all(parts).map_or_else(|why| why, |items| Is(Value::List(items)))
    }

    pub(super) fn tuple(parts: Vec<Self>) -> Self {
        Self::all(parts).map_or_else(|why| why, |items| Is(Tuple(items)))
    }

    /// The mapping of these, and whether making it ends in an error that nothing catches.
    pub(super) fn dict(pairs: Vec<(Self, Self)>) -> (Self, bool) {
        let mut entries = Vec::with_capacity(pairs.len());
        for (key, value) in pairs {
            match (key, value) {
                (Never, _) | (_, Never) => return (Never, false),
                (Is(key), _) if !key.has_hash() => return (Never, true),
                (Is(key), Is(value)) => {
                    entries.retain(|(other, _): &(Value, Value)| !other.equals(&key));
                    entries.push((key, value));
                }
                _ => return (Maybe, false),
            }
        }
        (Is(Value::Dict(entries)), false)
    }

    /// `self[index]`, and `self.0`. More than one index is one that nothing has.
    pub(super) fn item(self, index: &[Self], slices: bool) -> Self {
        let together = Self::together(index);
        let base = match self {
            Is(Undefined) | Never => return Never,
            Maybe => return together,
            Is(base) => base,
        };
        let at = match index {
            _ if together == Never => return Never,
            [only] if !slices => only,
            [_] => return Maybe,
            _ => return Is(Undefined),
        };
        match (base, at) {
            (Value::List(items) | Tuple(items), Is(at)) if at.int().is_some() => {
                let length = i128::try_from(items.len()).unwrap_or(i128::MAX);
                let at = at.int().map_or(-1, |at| if at < 0 { at.saturating_add(length) } else { at });
                let found = usize::try_from(at).ok().and_then(|at| items.into_iter().nth(at));
                Is(found.unwrap_or(Undefined))
            }
            (Value::None | Bool(_) | Int(_) | Float(_), Is(at)) if !matches!(at, Text(_)) => Is(Undefined),
            _ => Maybe,
        }
    }

    /// `self.name`: most values have methods.
    pub(super) fn attribute(self) -> Self {
        match self {
            Never | Is(Undefined) => Never,
            _ => Maybe,
        }
    }

    /// `self ~ other`
    pub(super) fn concat(self, other: Self) -> Self {
        match (self, other) {
            (Never, _) | (_, Never) => Never,
            (Is(one), Is(other)) => match (one, other) {
                (Undefined, Undefined) => Is(Text(String::new())),
                (Text(one), Text(other)) => Is(Text(one + &other)),
                (Text(text), Undefined) | (Undefined, Text(text)) => Is(Text(text)),
                _ => Maybe,
            },
            _ => Maybe,
        }
    }

    /// An operator of two sides.
    pub(super) fn binary(self, operator: &str, right: Self) -> Self {
        match (self, right) {
            (Never | Is(Undefined), _) | (_, Never | Is(Undefined)) => Never,
            (Is(one), Is(other)) => binary(&one, operator, &other),
            _ => Maybe,
        }
    }

    /// One comparison: `None` where that fails.
    pub(super) fn compare(&self, operator: &str, right: &Self) -> Self {
        match (self, right) {
            (Never, _) | (_, Never) => Never,
            (Is(one), Is(other)) => compare(one, operator, other).map_or(Never, Self::truth),
            _ => Maybe,
        }
    }
}

fn binary(one: &Value, operator: &str, other: &Value) -> Known {
    if let (Some(one), Some(other)) = (one.int(), other.int()) {
        return integers(one, operator, other);
    }
    if let (Some(one), Some(other)) = (one.number(), other.number()) {
        return match operator {
            "+" => Is(Float(one + other)),
            "-" => Is(Float(one - other)),
            "*" => Is(Float(one * other)),
            "/" | "//" | "%" if other == 0.0 => Never,
            "/" => Is(Float(one / other)),
            _ => Maybe,
        };
    }
    let joined = |one: &Vec<Value>, other: &Vec<Value>| one.iter().chain(other).cloned().collect();
    match (operator, one, other) {
        ("+", Text(one), Text(other)) => Is(Text(one.clone() + other)),
        ("+", Value::List(one), Value::List(other)) => Is(Value::List(joined(one, other))),
        ("+", Tuple(one), Tuple(other)) => Is(Tuple(joined(one, other))),
        ("*", sequence, times) | ("*", times, sequence) if times.int().is_some() => {
            repeat(sequence, times.int())
        }
        ("%", Text(_), _) => Maybe,
        _ => Never,
    }
}

fn repeat(sequence: &Value, times: Option<i128>) -> Known {
    let times = usize::try_from(times.unwrap_or_default()).unwrap_or_default();
    if sequence.size().saturating_mul(times) > LONGEST {
        return if matches!(sequence, Text(_) | Value::List(_) | Tuple(_)) { Maybe } else { Never };
    }
    let again = |items: &[Value]| std::iter::repeat_n(items, times).flatten().cloned().collect();
    match sequence {
        Text(text) => Is(Text(text.repeat(times))),
        Value::List(items) => Is(Value::List(again(items))),
        Tuple(items) => Is(Tuple(again(items))),
        _ => Never,
    }
}

#[expect(clippy::cast_precision_loss, reason = "Python rounds as well")]
fn integers(one: i128, operator: &str, other: i128) -> Known {
    let whole = |value: Option<i128>| value.map_or(Maybe, |value| Is(Int(value)));
    match operator {
        "+" => whole(one.checked_add(other)),
        "-" => whole(one.checked_sub(other)),
        "*" => whole(one.checked_mul(other)),
        "/" | "//" | "%" if other == 0 => Never,
        "/" => Is(Float(one as f64 / other as f64)),
        "//" | "%" => {
            let (Some(quotient), Some(rest)) = (one.checked_div(other), one.checked_rem(other)) else {
                return Maybe;
            };
            let below = rest != 0 && (rest < 0) != (other < 0);
            let (quotient, rest) = if below {
                (quotient.checked_sub(1), rest.checked_add(other))
            } else {
                (Some(quotient), Some(rest))
            };
            whole(if operator == "%" { rest } else { quotient })
        }
        _ if other < 0 && one == 0 => Never,
        _ if other < 0 => Maybe,
        _ => whole(u32::try_from(other).ok().and_then(|other| one.checked_pow(other))),
    }
}

fn compare(one: &Value, operator: &str, other: &Value) -> Option<bool> {
    match operator {
        "==" => return Some(one.equals(other)),
        "!=" => return Some(!one.equals(other)),
        "in" | "not in" => {
            let found = match other {
                Text(text) => match one {
                    Text(part) => text.contains(part.as_str()),
                    _ => return None,
                },
                Value::List(items) | Tuple(items) => items.iter().any(|item| item.equals(one)),
                Value::Dict(entries) if one.has_hash() => entries.iter().any(|(key, _)| key.equals(one)),
                Undefined => false,
                _ => return None,
            };
            return Some(found == (operator == "in"));
        }
        _ => {}
    }
    let order = order(one, other)?;
    Some(match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    })
}

/// Which of two comes first, where Python can tell.
fn order(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Text(one), Text(other)) => Some(one.cmp(other)),
        (Value::List(one), Value::List(other)) | (Tuple(one), Tuple(other)) => {
            let apart = one.iter().zip(other).find(|(one, other)| !one.equals(other));
            apart.map_or_else(|| Some(one.len().cmp(&other.len())), |(one, other)| order(one, other))
        }
        _ => match (one.int(), other.int()) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => one.number()?.partial_cmp(&other.number()?),
        },
    }
}
