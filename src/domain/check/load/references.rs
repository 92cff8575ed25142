//! `$key$` in the options of an alerter stands for the option `key`, wherever it is the whole of a string. They are
//! put in before an alerter looks at its options.

use std::borrow::Cow;

use super::dict::Dict;
use super::value::{Value, View};

/// Puts in what options refer to. Only those at the top are followed: what lies deeper no constructor looks at.
pub(super) fn resolve(options: &mut Dict<'_>) {
    let wanted: Vec<(String, String)> = options
        .items()
        .filter_map(|item| {
            let name = item.name()?;
            let View::Text(text) = item.value.view() else { return None };
            let key = if text == "$" { "" } else { text.strip_prefix('$')?.strip_suffix('$')? };
            options.has(key).then(|| (name.to_owned(), key.to_owned()))
        })
        .collect();
    for (name, key) in wanted {
        if let (Some(value), Some(mut item)) = (options.get(&key).cloned(), options.get_item(&name).cloned())
        {
            item.value = match value {
                Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
                other => other,
            };
            options.put(item);
        }
    }
}
