//! What a person does, as the loop knows it: keys, text, the mouse and the size of the terminal. It is the only place
//! that knows how the terminal library names them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use crossterm::event::{
    Event, EventStream, KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use futures_util::Stream;

use crate::app::Key;
use crate::app::key::KeyCode;

/// How far one notch of the wheel goes, in rows.
const NOTCH: i16 = 3;

/// Something a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Pressed a key.
    Key(Key),
    /// Pasted a text.
    Paste(String),
    /// Clicked with the left button on a cell.
    Click {
        /// From the left, from 0.
        column: u16,
        /// From the top, from 0.
        row: u16,
    },
    /// Turned the wheel; negative is up.
    Wheel(i16),
    /// Gave the terminal another size.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
}

/// The events of the terminal. Dropping it ends the reading, so that a child can have the terminal.
#[derive(Debug)]
pub struct Keys(EventStream);

impl Keys {
    pub(super) fn new() -> Self {
        Self(EventStream::new())
    }
}

impl Stream for Keys {
    type Item = io::Result<Input>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match Pin::new(&mut self.0).poll_next(context) {
                Poll::Ready(Some(Ok(event))) => {
                    if let Some(input) = input(event) {
                        return Poll::Ready(Some(Ok(input)));
                    }
                }
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(error))),
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

fn input(event: Event) -> Option<Input> {
    match event {
        Event::Key(event) => key(event).map(Input::Key),
        Event::Paste(text) => Some(Input::Paste(text)),
        Event::Resize(width, height) => Some(Input::Resized { width, height }),
        Event::Mouse(event) => match event.kind {
            MouseEventKind::Down(MouseButton::Left) => {
                Some(Input::Click { column: event.column, row: event.row })
            }
            MouseEventKind::ScrollUp => Some(Input::Wheel(-NOTCH)),
            MouseEventKind::ScrollDown => Some(Input::Wheel(NOTCH)),
            _ => None,
        },
        Event::FocusGained | Event::FocusLost => None,
    }
}

/// A key as commands know it. A key with a modifier that commands do not know is no key, rather than another one.
fn key(event: KeyEvent) -> Option<Key> {
    let known = KeyModifiers::SHIFT | KeyModifiers::CONTROL | KeyModifiers::ALT;
    if event.kind == KeyEventKind::Release || !known.contains(event.modifiers) {
        return None;
    }
    let code = match event.code {
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Esc => KeyCode::Esc,
        Code::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Backspace => KeyCode::Backspace,
        Code::Delete => KeyCode::Delete,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::F(number) => KeyCode::F(number),
        _ => return None,
    };
    Some(Key {
        code,
        ctrl: event.modifiers.contains(KeyModifiers::CONTROL),
        alt: event.modifiers.contains(KeyModifiers::ALT),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: Code, modifiers: KeyModifiers) -> Option<Key> {
        key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn shift_is_part_of_the_character() {
        let plain = Key { code: KeyCode::Char('G'), ctrl: false, alt: false };
        assert_eq!(press(Code::Char('G'), KeyModifiers::SHIFT), Some(plain));
        assert_eq!(press(Code::Tab, KeyModifiers::SHIFT).unwrap().code, KeyCode::BackTab);
    }

    #[test]
    fn a_released_key_is_not_pressed_twice() {
        let mut event = KeyEvent::new(Code::Char('d'), KeyModifiers::NONE);
        event.kind = KeyEventKind::Release;
        assert_eq!(key(event), None);
        event.kind = KeyEventKind::Repeat;
        assert!(key(event).is_some(), "a held key repeats");
    }

    #[test]
    fn an_unknown_modifier_does_not_make_another_key() {
        assert_eq!(press(Code::Char('d'), KeyModifiers::SUPER), None);
        assert_eq!(press(Code::Char('d'), KeyModifiers::SUPER | KeyModifiers::CONTROL), None);
    }

    #[test]
    fn the_focus_of_the_terminal_is_nothing_a_person_did() {
        assert_eq!(input(Event::FocusLost), None);
        assert_eq!(input(Event::Resize(80, 24)), Some(Input::Resized { width: 80, height: 24 }));
    }
}
