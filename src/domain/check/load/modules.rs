//! Names that may be those of Python classes: what `ElastAlert` has itself is known, all else is a module that only
//! the image can import, and importing is running it. Nothing is imported here.

use super::fault::{Fault, Result, Stop};
use super::outcome::{At, Need};
use super::value::{Value, View};

/// What Python's import makes of a name that `ElastAlert` does not have: a dotted path is a module of somebody's, and
/// anything else ends loading.
pub(super) fn class(name: &Value<'_>, at: Option<At>, key: &str) -> Result<()> {
    let fault = |class: &'static str, what: String| {
        let mut fault = Fault::ea("rule.module", what).at(at.clone()).key(key);
        fault.cause = Some(class);
        fault.stop()
    };
    match name.view() {
        View::Text(text) => match text.rsplit_once('.') {
            None => fault(
                "ValueError",
                format!("`{}` is neither known nor the path of a Python class", text.escape_debug()),
            ),
            Some(("", _)) => fault("ValueError", format!("`{}` names no Python module", text.escape_debug())),
            Some((module, _)) if module.starts_with('.') => {
                // Relative to the package of ElastAlert itself.
                Err(Stop::Unknown(Need::Module { name: text.to_owned() }))
            }
            Some(_) => Err(Stop::Unknown(Need::Module { name: text.to_owned() })),
        },
        View::Bytes(_) => {
            let message = format!("`{key}` is binary data and must be a name");
            Fault::new("rule.module", "TypeError", message).at(at).key(key).stop()
        }
        other => fault("AttributeError", format!("`{key}` is {} and must be a name", other.kind())),
    }
}
