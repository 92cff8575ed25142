//! Dates and times, with the checks of Python's `datetime` and its words for what is out of range.

use crate::error::{Error, ErrorClass};
use crate::resolver::{Timestamp, Zone};
use crate::value::{Date, DateTime, Value};

pub(super) fn timestamp(text: &str) -> Result<Value, Error> {
    let Some(stamp) = Timestamp::read(text.strip_suffix('\n').unwrap_or(text)) else {
        return Err(Error::new(ErrorClass::Attribute, "'NoneType' object has no attribute 'groupdict'"));
    };
    let Some(time) = &stamp.time else { return date(&stamp).map(Value::Date) };
    let offset = match time.zone {
        Zone::None => None,
        Zone::Utc => Some(0),
        Zone::Offset(west, hours, minutes) => {
            let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
            Some(offset(if west { -seconds } else { seconds })?)
        }
    };
    let date = date(&stamp)?;
    let refuse = |problem| Err(Error::new(ErrorClass::Value, problem));
    match (time.hour, time.minute, time.second) {
        (24.., ..) => return refuse("hour must be in 0..23"),
        (_, 60.., _) => return refuse("minute must be in 0..59"),
        (_, _, 60..) => return refuse("second must be in 0..59"),
        _ => {}
    }
    let digits: String = time.fraction.chars().chain("000000".chars()).take(6).collect();
    let microsecond = digits.parse().unwrap_or(0);
    Ok(Value::DateTime(DateTime {
        date,
        hour: time.hour,
        minute: time.minute,
        second: time.second,
        microsecond,
        offset,
    }))
}

fn date(stamp: &Timestamp<'_>) -> Result<Date, Error> {
    let Timestamp { year, month, day, .. } = *stamp;
    let refuse = |problem: String| Err(Error::new(ErrorClass::Value, problem));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    if year == 0 {
        return refuse("year 0 is out of range".into());
    }
    if !(1..=12).contains(&month) {
        return refuse("month must be in 1..12".into());
    }
    if !(1..=days).contains(&day) {
        return refuse("day is out of range for month".into());
    }
    Ok(Date { year, month, day })
}

/// An offset in seconds, less than a day either way.
fn offset(seconds: i32) -> Result<i32, Error> {
    const DAY: i32 = 86_400;
    if seconds.abs() < DAY {
        return Ok(seconds);
    }
    let delta = match (seconds.div_euclid(DAY), seconds.rem_euclid(DAY)) {
        (days, 0) => format!("days={days}"),
        (days, seconds) => format!("days={days}, seconds={seconds}"),
    };
    let between = "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)";
    Err(Error::new(ErrorClass::Value, format!("{between}, not datetime.timedelta({delta}).")))
}
