//! A key as commands know it, independent of the terminal library. It prints and parses as `q`, `<ctrl-c>`, `<f1>`;
//! what one prints the other reads.

use std::fmt;
use std::str::FromStr;

use crate::domain::problem::Problem;

/// A pressed key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which.
    pub code: KeyCode,
    /// With Ctrl held.
    pub ctrl: bool,
    /// With Alt held.
    pub alt: bool,
}

/// The key itself. Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    /// A character.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Erases to the left.
    Backspace,
    /// Erases to the right.
    Delete,
    /// Arrow.
    Up,
    /// Arrow.
    Down,
    /// Arrow.
    Left,
    /// Arrow.
    Right,
    /// First.
    Home,
    /// Last.
    End,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// F1 to F12.
    F(u8),
}

/// A key with a name, how it is written between `<` and `>`, and how people read it.
const NAMED: &[(KeyCode, &str, &str)] = &[
    (KeyCode::Enter, "enter", "Enter"),
    (KeyCode::Esc, "esc", "Esc"),
    (KeyCode::Tab, "tab", "Tab"),
    (KeyCode::BackTab, "backtab", "Shift-Tab"),
    (KeyCode::Backspace, "backspace", "Backspace"),
    (KeyCode::Delete, "delete", "Del"),
    (KeyCode::Up, "up", "↑"),
    (KeyCode::Down, "down", "↓"),
    (KeyCode::Left, "left", "←"),
    (KeyCode::Right, "right", "→"),
    (KeyCode::Home, "home", "Home"),
    (KeyCode::End, "end", "End"),
    (KeyCode::PageUp, "pageup", "PgUp"),
    (KeyCode::PageDown, "pagedown", "PgDn"),
    (KeyCode::Char(' '), "space", "Space"),
    (KeyCode::Char('<'), "lt", "<"),
];

impl Key {
    /// The key alone, without Ctrl and Alt.
    pub fn plain(code: KeyCode) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// The key as a person reads it on the screen: `Ctrl-C`, `↑`, `d`.
    pub fn label(self) -> String {
        let code = match self.code {
            KeyCode::Char(c) if self.ctrl => c.to_uppercase().collect(),
            KeyCode::F(number) => format!("F{number}"),
            code => NAMED
                .iter()
                .find(|(named, ..)| *named == code)
                .map_or_else(|| self.written(), |(_, _, label)| (*label).to_owned()),
        };
        format!("{}{}{code}", if self.ctrl { "Ctrl-" } else { "" }, if self.alt { "Alt-" } else { "" })
    }

    /// The key without its modifiers, as it stands between the brackets.
    fn written(self) -> String {
        match (NAMED.iter().find(|(named, ..)| *named == self.code), self.code) {
            (Some((_, name, _)), _) => (*name).to_owned(),
            (None, KeyCode::Char(c)) => c.to_string(),
            (None, KeyCode::F(number)) => format!("f{number}"),
            (None, _) => String::new(),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = self.written();
        if !self.ctrl && !self.alt && matches!(self.code, KeyCode::Char(c) if c != ' ' && c != '<') {
            return f.write_str(&written);
        }
        write!(f, "<{}{}{written}>", if self.ctrl { "ctrl-" } else { "" }, if self.alt { "alt-" } else { "" })
    }
}

impl FromStr for Key {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        let wrong = || {
            Problem::new("key.unknown", format!("`{}` names no key", text.escape_debug()))
                .hint("write a character, or one of the form `<ctrl-c>`, `<enter>`, `<f1>`")
        };
        let Some(inner) = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
            let mut characters = text.chars();
            return match (characters.next(), characters.next()) {
                (Some(c), None) if c != '<' => Ok(Self::plain(KeyCode::Char(c))),
                _ => Err(wrong()),
            };
        };
        let (ctrl, inner) = inner.strip_prefix("ctrl-").map_or((false, inner), |rest| (true, rest));
        let (alt, inner) = inner.strip_prefix("alt-").map_or((false, inner), |rest| (true, rest));
        let mut characters = inner.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => match NAMED.iter().find(|(_, name, _)| *name == inner) {
                Some((code, ..)) => *code,
                None => inner
                    .strip_prefix('f')
                    .and_then(|number| number.parse().ok())
                    .filter(|number| (1..=12).contains(number))
                    .map(KeyCode::F)
                    .ok_or_else(wrong)?,
            },
        };
        Ok(Self { code, ctrl, alt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn codes() -> impl Strategy<Value = KeyCode> {
        prop_oneof![
            any::<char>().prop_map(KeyCode::Char),
            (1..=12u8).prop_map(KeyCode::F),
            proptest::sample::select(NAMED.iter().map(|(code, ..)| *code).collect::<Vec<_>>()),
        ]
    }

    proptest! {
        #[test]
        fn what_a_key_prints_it_parses(code in codes(), ctrl: bool, alt: bool) {
            let key = Key { code, ctrl, alt };
            prop_assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
        }

        #[test]
        fn any_text_is_a_key_or_a_problem(text in ".{0,12}") {
            if let Ok(key) = text.parse::<Key>() {
                prop_assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
            }
        }
    }

    #[test]
    fn keys_read_as_people_write_them() {
        for text in ["q", "<ctrl-c>", "<f1>", "<enter>", "<space>", "<ctrl-->", "<alt-lt>", "?"] {
            assert_eq!(text.parse::<Key>().unwrap().to_string(), text);
        }
        assert_eq!("<ctrl-c>".parse::<Key>().unwrap().label(), "Ctrl-C");
        assert_eq!("<up>".parse::<Key>().unwrap().label(), "↑");
        for text in ["", "qq", "<", "<f13>", "<control-c>"] {
            assert_eq!(text.parse::<Key>().unwrap_err().code, "key.unknown", "{text}");
        }
    }
}
