//! A backend that stays silent when nothing changed and wraps each frame into a synchronized update. ratatui writes
//! some bytes for every frame, also for one that is equal to the last; over ssh, for hours, that is not nothing.

use std::io::{self, Write};

use crossterm::queue;
use crossterm::terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate};
use ratatui::backend::{Backend, ClearType, CrosstermBackend, TestBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// A backend that can be told where a frame begins and ends.
pub trait Frames: Backend {
    /// The terminal must not show anything from here on …
    fn begin(&mut self) -> Result<(), Self::Error>;
    /// … until here.
    fn end(&mut self) -> Result<(), Self::Error>;
}

impl<W: Write> Frames for CrosstermBackend<W> {
    fn begin(&mut self) -> io::Result<()> {
        queue!(self, BeginSynchronizedUpdate)
    }

    fn end(&mut self) -> io::Result<()> {
        queue!(self, EndSynchronizedUpdate)
    }
}

impl Frames for TestBackend {
    fn begin(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }

    fn end(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// What we know of the terminal's cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cursor {
    Unknown,
    Hidden,
    At(Position),
}

/// Passes on only what changes something.
#[derive(Debug)]
pub struct Quiet<B> {
    inner: B,
    /// Whether something was written since the last flush.
    open: bool,
    cursor: Cursor,
    frames: u64,
}

impl<B: Frames> Quiet<B> {
    /// A silent backend before that one.
    pub fn new(inner: B) -> Self {
        Self { inner, open: false, cursor: Cursor::Unknown, frames: 0 }
    }

    /// How many frames changed something.
    pub fn frames(&self) -> u64 {
        self.frames
    }

    /// The backend behind.
    pub fn inner(&self) -> &B {
        &self.inner
    }

    /// Others have used the terminal: nothing is known of its cursor any more.
    pub fn forget(&mut self) {
        self.cursor = Cursor::Unknown;
    }

    fn begin(&mut self) -> Result<(), B::Error> {
        if !self.open {
            self.open = true;
            self.inner.begin()?;
        }
        Ok(())
    }
}

impl<B: Frames> Backend for Quiet<B> {
    type Error = B::Error;

    fn draw<'a, I>(&mut self, content: I) -> Result<(), B::Error>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.begin()?;
        // Drawing moves the cursor; a shown one has to be put back to its place.
        if matches!(self.cursor, Cursor::At(_)) {
            self.cursor = Cursor::Unknown;
        }
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> Result<(), B::Error> {
        if self.cursor == Cursor::Hidden {
            return Ok(());
        }
        self.begin()?;
        self.cursor = Cursor::Hidden;
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> Result<(), B::Error> {
        if matches!(self.cursor, Cursor::At(_)) {
            return Ok(());
        }
        self.begin()?;
        self.cursor = Cursor::Unknown;
        self.inner.show_cursor()
    }

    /// Never asks the terminal: its answer would come as keys, which the event stream reads.
    fn get_cursor_position(&mut self) -> Result<Position, B::Error> {
        Ok(match self.cursor {
            Cursor::At(position) => position,
            Cursor::Unknown | Cursor::Hidden => Position::default(),
        })
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> Result<(), B::Error> {
        let position = position.into();
        match self.cursor {
            Cursor::At(at) if at == position => return Ok(()),
            // A hidden cursor can be anywhere.
            Cursor::Hidden => return Ok(()),
            Cursor::At(_) | Cursor::Unknown => {}
        }
        self.begin()?;
        self.cursor = Cursor::At(position);
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> Result<(), B::Error> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> Result<(), B::Error> {
        self.begin()?;
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> Result<Size, B::Error> {
        self.inner.size()
    }

    fn window_size(&mut self) -> Result<WindowSize, B::Error> {
        self.inner.window_size()
    }

    fn flush(&mut self) -> Result<(), B::Error> {
        if self.open {
            self.open = false;
            self.frames += 1;
            self.inner.end()?;
            self.inner.flush()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::layout::Rect;
    use ratatui::{Terminal, TerminalOptions, Viewport};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Rc<RefCell<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn take(&self) -> String {
            String::from_utf8(self.0.take()).unwrap()
        }
    }

    fn terminal(written: &Written) -> Terminal<Quiet<CrosstermBackend<Written>>> {
        let backend = Quiet::new(CrosstermBackend::new(written.clone()));
        let viewport = Viewport::Fixed(Rect::new(0, 0, 20, 2));
        Terminal::with_options(backend, TerminalOptions { viewport }).unwrap()
    }

    #[test]
    fn a_frame_that_changes_nothing_writes_nothing() {
        let written = Written::default();
        let mut terminal = terminal(&written);
        for text in ["one", "one", "one"] {
            terminal.draw(|frame| frame.render_widget(text, frame.area())).unwrap();
        }
        assert_eq!(terminal.backend().frames(), 1);
        written.take();
        terminal.draw(|frame| frame.render_widget("one", frame.area())).unwrap();
        assert_eq!(written.take(), "");
    }

    #[test]
    fn each_frame_is_one_synchronized_update() {
        let written = Written::default();
        let mut terminal = terminal(&written);
        terminal.draw(|frame| frame.render_widget("one", frame.area())).unwrap();
        let bytes = written.take();
        assert!(bytes.starts_with("\u{1b}[?2026h") && bytes.ends_with("\u{1b}[?2026l"), "{bytes:?}");
        assert_eq!(bytes.matches("?2026").count(), 2);
    }

    #[test]
    fn a_cursor_that_moves_alone_is_a_frame() {
        let written = Written::default();
        let mut terminal = terminal(&written);
        for column in [3, 3, 4] {
            terminal.draw(|frame| frame.set_cursor_position((column, 0))).unwrap();
        }
        assert_eq!(terminal.backend().frames(), 2, "the second frame is equal to the first");
        written.take();
        // Text that is drawn moves the cursor of the terminal, so it has to be put back.
        terminal
            .draw(|frame| {
                frame.render_widget("text", frame.area());
                frame.set_cursor_position((4, 0));
            })
            .unwrap();
        assert!(written.take().contains("\u{1b}[1;5H"));
    }

    #[test]
    fn a_full_redraw_does_not_ask_the_terminal_where_its_cursor_is() {
        let written = Written::default();
        let mut terminal = terminal(&written);
        terminal.draw(|frame| frame.render_widget("one", frame.area())).unwrap();
        written.take();
        terminal.clear().unwrap();
        terminal.draw(|frame| frame.render_widget("one", frame.area())).unwrap();
        let bytes = written.take();
        assert!(bytes.contains("one") && !bytes.contains("[6n"), "{bytes:?}");
    }
}
