//! `datetime.timedelta(**value)`: how every time of a rule and of the configuration is made, with every way in which
//! that goes wrong. The class of the error matters, because only some are caught.

use pyyaml::Int;

use super::value::{Value, View};

/// Microseconds of each unit, in the order in which Python adds them up.
const UNITS: [(&str, i128); 7] = [
    ("microseconds", 1),
    ("milliseconds", 1_000),
    ("seconds", 1_000_000),
    ("minutes", 60_000_000),
    ("hours", 3_600_000_000),
    ("days", DAY),
    ("weeks", 7 * DAY),
];

/// Microseconds of a day.
pub(super) const DAY: i128 = 86_400_000_000;

/// The most days that a `timedelta` has.
const MOST_DAYS: i128 = 999_999_999;

/// Why there is no duration: the class of Python's error, and what is wrong, to follow the name of the option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoDuration {
    pub(super) class: &'static str,
    pub(super) message: String,
    /// The unit that is wrong.
    pub(super) unit: Option<String>,
}

fn wrong<T>(class: &'static str, message: impl Into<String>, unit: Option<&str>) -> Result<T, NoDuration> {
    Err(NoDuration { class, message: message.into(), unit: unit.map(str::to_owned) })
}

/// The duration that a value stands for, in microseconds.
pub(super) fn duration(value: &Value<'_>) -> Result<i128, NoDuration> {
    let View::Map(entries) = value.view() else {
        let message = format!("is {} and must be a mapping such as `minutes: 5`", value.kind());
        return wrong("TypeError", message, None);
    };
    let mut parts: [Option<View<'_, '_>>; 7] = Default::default();
    for entry in entries {
        let key = Value::Read(&entry.key);
        let Some(name) = key.text() else {
            return wrong("TypeError", format!("has {} as a unit", key.kind()), None);
        };
        let slot = UNITS.iter().position(|(unit, _)| *unit == name).and_then(|at| parts.get_mut(at));
        if let Some(slot) = slot {
            *slot = Some(super::value::view(&entry.value));
        } else {
            let shown = name.escape_debug();
            let near = crate::domain::token::nearest(name, UNITS.iter().map(|(unit, _)| *unit));
            let message = match near {
                Some(near) => format!("has no unit `{shown}`; did you mean `{near}`?"),
                None => format!("has no unit `{shown}`"),
            };
            return wrong("TypeError", message, Some(name));
        }
    }
    let mut sum: i128 = 0;
    // What is too large for the sum is too large for Python as well, but other errors come first.
    let mut over = false;
    let mut left = 0.0_f64;
    for ((unit, factor), part) in UNITS.iter().zip(&parts) {
        let Some(part) = part else { continue };
        let (whole, rest) = parts_of(part, unit)?;
        match whole.and_then(|whole| whole.checked_mul(*factor)).and_then(|more| sum.checked_add(more)) {
            Some(more) => sum = more,
            None => over = true,
        }
        if rest != 0.0 {
            let (more, rest) = split(rest * float(*factor));
            left += rest;
            sum = sum.saturating_add(more);
        }
    }
    if left != 0.0 {
        sum = sum.saturating_add(round(left, sum));
    }
    let days = sum.div_euclid(DAY);
    if over || days.abs() > MOST_DAYS {
        return wrong("OverflowError", "is longer than Python can count", None);
    }
    Ok(sum)
}

/// The whole part of a number, if it is one that can be counted with, and the rest.
fn parts_of(part: &View<'_, '_>, unit: &str) -> Result<(Option<i128>, f64), NoDuration> {
    match part {
        View::Bool(value) => Ok((Some(i128::from(*value)), 0.0)),
        View::Int(value) => Ok((value.as_i128(), 0.0)),
        View::Float(value) if value.is_nan() => {
            wrong("ValueError", format!("has no number of {unit}: it is not a number"), Some(unit))
        }
        View::Float(value) if value.is_infinite() => {
            wrong("OverflowError", format!("has an infinite number of {unit}"), Some(unit))
        }
        View::Float(value) => {
            let (whole, rest) = split(*value);
            Ok(((value.abs() < 1e30).then_some(whole), rest))
        }
        other => wrong("TypeError", format!("has {} for a number of {unit}", other.kind()), Some(unit)),
    }
}

#[expect(clippy::cast_precision_loss, reason = "the factors are exact")]
fn float(factor: i128) -> f64 {
    factor as f64
}

#[expect(clippy::cast_possible_truncation, reason = "it saturates, and is then too long anyway")]
fn split(value: f64) -> (i128, f64) {
    let whole = value.trunc();
    (whole as i128, value - whole)
}

/// Half goes to the even number.
fn round(left: f64, sum: i128) -> i128 {
    let mut whole = left.round();
    #[expect(clippy::float_cmp, reason = "exactly between two")]
    if (whole - left).abs() == 0.5 {
        let odd = float(sum & 1);
        whole = 2.0 * ((left + odd) * 0.5).round() - odd;
    }
    split(whole).0
}

/// The divisor rule of Python's `%` on `total_seconds()`: whether one time goes into another; `None` for no time at all.
pub(super) fn divides(part: i128, whole: i128) -> Option<bool> {
    let seconds = |micros: i128| float(micros) / 1e6;
    (part != 0).then(|| {
        let rest = seconds(whole) % seconds(part);
        rest == 0.0
    })
}

/// Whether a value is one of Python's numbers, and too long to be written.
pub(super) fn is_unwritable(value: &View<'_, '_>) -> bool {
    // 4,300 digits are allowed: 2^14284 has 4,300.
    match value {
        View::Int(value) => is_long(value),
        _ => false,
    }
}

fn is_long(value: &Int) -> bool {
    value.as_i128().is_none() && value.to_string().trim_start_matches('-').len() > 4_300
}
