//! A line that is typed: a filter, a search, the name of an environment. The editor's buffer is the one widget state
//! that lives among the state of the console, and it lives here.

use tui_textarea::{CursorMove, Input, Key as EditorKey, TextArea};

use super::key::{Key, KeyCode};

/// The longest line that can be typed or pasted.
const LONGEST: usize = 200;

/// A one-line editor.
#[derive(Clone, Debug)]
pub struct Prompt {
    area: TextArea<'static>,
}

impl Prompt {
    /// An editor that holds a text, with the cursor behind it.
    pub fn new(text: &str) -> Self {
        let mut area = TextArea::new(vec![text.to_owned()]);
        area.move_cursor(CursorMove::End);
        Self { area }
    }

    /// What is typed.
    pub fn text(&self) -> &str {
        self.area.lines().first().map_or("", String::as_str)
    }

    /// How many characters stand before the cursor.
    pub fn cursor(&self) -> usize {
        self.area.cursor().1
    }

    /// Whether a key is text or moves in it, and so is for the editor and no command.
    pub fn wants(key: Key) -> bool {
        match key.code {
            KeyCode::Char(c) => !key.ctrl && !key.alt && !c.is_control(),
            KeyCode::Backspace
            | KeyCode::Delete
            | KeyCode::Left
            | KeyCode::Right
            | KeyCode::Home
            | KeyCode::End => true,
            _ => false,
        }
    }

    /// Takes a key that it [wants](Self::wants).
    pub fn press(&mut self, key: Key) {
        let code = match key.code {
            KeyCode::Char(c) if self.text().chars().count() < LONGEST => EditorKey::Char(c),
            KeyCode::Backspace => EditorKey::Backspace,
            KeyCode::Delete => EditorKey::Delete,
            KeyCode::Left => EditorKey::Left,
            KeyCode::Right => EditorKey::Right,
            KeyCode::Home => EditorKey::Home,
            KeyCode::End => EditorKey::End,
            _ => return,
        };
        self.area.input(Input { key: code, ctrl: key.ctrl, alt: key.alt, shift: false });
    }

    /// Takes the first line of a pasted text.
    pub fn paste(&mut self, text: &str) {
        let room = LONGEST.saturating_sub(self.text().chars().count());
        let line: String =
            text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(room).collect();
        self.area.insert_str(line);
    }
}

/// What a typed line is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Which rules are listed.
    FilterRules,
    /// What `n` and `N` go to in the log.
    SearchLog,
    /// Which lines of the log are shown.
    FilterLog,
    /// Which changes of a diff are shown.
    FilterDiff,
    /// What an environment is compared with.
    Against,
}

impl Purpose {
    /// What stands before the line.
    pub fn title(self) -> &'static str {
        match self {
            Self::FilterRules => "rules with",
            Self::SearchLog => "search log",
            Self::FilterLog => "only lines with",
            Self::FilterDiff => "only changes of class or rule",
            Self::Against => "compare with",
        }
    }
}

/// A line that is being typed, its purpose, and what was there before.
#[derive(Clone, Debug)]
pub struct Typing {
    /// What it is for.
    pub purpose: Purpose,
    /// The line.
    pub line: Prompt,
    /// What comes back when it is dropped.
    pub before: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(prompt: &mut Prompt, keys: &str) {
        for key in keys.split_whitespace() {
            prompt.press(key.parse().unwrap());
        }
    }

    #[test]
    fn a_line_is_edited_in_place() {
        let mut prompt = Prompt::new("CI");
        press(&mut prompt, "<left> x <end> y <backspace>");
        assert_eq!((prompt.text(), prompt.cursor()), ("CxI", 3));
        press(&mut prompt, "<enter> <tab>");
        assert_eq!(prompt.text(), "CxI", "it stays one line");
    }

    #[test]
    fn a_paste_is_one_line_of_bounded_length() {
        let mut prompt = Prompt::new("");
        prompt.paste("Prod\x1buction\nrm -rf /");
        assert_eq!(prompt.text(), "Production");
        prompt.paste(&"x".repeat(100_000));
        assert_eq!(prompt.text().chars().count(), LONGEST);
        press(&mut prompt, "y");
        assert_eq!(prompt.text().chars().count(), LONGEST);
    }
}
