//! Roles become styles. A theme is one YAML file that sets every role; an unknown key, a missing role and a colour
//! that does not parse are errors. Meaning is never carried by a role alone: a word or a glyph stands beside it.

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

use crate::domain::problem::{Place, Problem};
use crate::domain::text::sanitise;

/// The themes that are built in: their names and their files.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("dark", include_str!("../../themes/dark.yaml")),
    ("light", include_str!("../../themes/light.yaml")),
    ("high-contrast", include_str!("../../themes/high-contrast.yaml")),
    ("mono", include_str!("../../themes/mono.yaml")),
];

/// A style as a theme file writes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of the file")]
struct Written {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
    reverse: bool,
}

/// Declares the roles once: the fields of the theme, those of its file, and the list that tests walk.
macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $role:ident,)+) => {
        /// Every role and the style that the theme gives it.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Theme {
            /// Its name.
            pub name: String,
            $($(#[doc = $doc])+ pub $role: Style,)+
        }

        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct File { $($role: Written,)+ }

        impl Theme {
            /// The roles by name, in the order of the file.
            pub fn roles(&self) -> Vec<(&'static str, Style)> {
                vec![$((stringify!($role), self.$role),)+]
            }

            fn from_file(name: &str, file: &File) -> Result<Self, String> {
                let base = style(&file.text, Style::new())?;
                Ok(Self {
                    name: name.to_owned(),
                    $($role: style(&file.$role, base).map_err(|why| format!("{}: {why}", stringify!($role)))?,)+
                })
            }

            fn map(&mut self, change: impl Fn(Style) -> Style) {
                $(self.$role = change(self.$role);)+
            }
        }
    };
}

roles! {
    /// Ordinary text, and the background of everything.
    text,
    /// What is there for when it is looked for.
    dim,
    /// Titles, and what is current.
    accent,
    /// The selected row of the focused list.
    selected,
    /// The selected row of a list that has not the focus.
    selected_blurred,
    /// The border of a pane.
    border,
    /// The border of the focused pane.
    border_focused,
    /// A state that is as it should be.
    ok,
    /// A state that works, but not as it should.
    degraded,
    /// A state that does not work.
    failing,
    /// A state that nobody knows.
    unknown,
    /// A line that is new.
    added,
    /// The words of it that make the difference.
    added_word,
    /// A line that is gone.
    removed,
    /// The words of it that make the difference.
    removed_word,
    /// The ground of a line that is new.
    added_line,
    /// The ground of a line that is gone.
    removed_line,
    /// Something that differs, and a value that a layer put in.
    changed,
    /// What cannot be undone, and the word DEMO.
    danger,
    /// A key to press.
    key,
    /// What a search found.
    found,
    /// A debug line of a log.
    level_debug,
    /// An info line of a log.
    level_info,
    /// A warning line of a log.
    level_warning,
    /// An error line of a log.
    level_error,
    /// A line that alertdeck itself put into a log.
    level_mark,
    /// The key of a mapping in YAML.
    yaml_key,
    /// A text.
    yaml_text,
    /// A number, a date.
    yaml_number,
    /// A boolean, nothing.
    yaml_word,
    /// A comment.
    yaml_comment,
    /// An anchor, an alias, a tag.
    yaml_anchor,
}

fn style(written: &Written, base: Style) -> Result<Style, String> {
    let color = |text: &Option<String>| {
        text.as_ref()
            .map(|text| Color::from_str(text).map_err(|error| format!("`{text}` is no colour ({error})")))
            .transpose()
    };
    let mut style = base;
    if let Some(fg) = color(&written.fg)? {
        style = style.fg(fg);
    }
    if let Some(bg) = color(&written.bg)? {
        style = style.bg(bg);
    }
    for (on, modifier) in [
        (written.bold, Modifier::BOLD),
        (written.dim, Modifier::DIM),
        (written.italic, Modifier::ITALIC),
        (written.underline, Modifier::UNDERLINED),
        (written.reverse, Modifier::REVERSED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

impl Theme {
    /// Reads a theme; `file` is its path for a message.
    pub fn parse(name: &str, file: &str, text: &str) -> Result<Self, Problem> {
        let wrong = |why: String| {
            Problem::new("theme.invalid", format!("the theme `{name}` cannot be read")).why(why)
        };
        let parsed: File = serde_yaml::from_str(text).map_err(|error| {
            let line = error.location().map_or(0, |at| u32::try_from(at.line()).unwrap_or(0));
            wrong(sanitise(error.to_string().as_bytes())).at(Place::line(file, line))
        })?;
        Self::from_file(name, &parsed).map_err(|why| wrong(why).at(Place::file(file)))
    }

    /// Whether a theme of that name is built in.
    pub fn is_built_in(name: &str) -> bool {
        BUILT_IN.iter().any(|(known, _)| *known == name)
    }

    /// A built-in theme by its name.
    pub fn built_in(name: &str) -> Result<Self, Problem> {
        let Some((name, text)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            let names: Vec<&str> = BUILT_IN.iter().map(|(known, _)| *known).collect();
            return Err(Problem::new(
                "theme.unknown",
                format!("there is no theme `{}`", name.escape_debug()),
            )
            .why("it is neither built in nor `themes/NAME.yaml` of the workspace")
            .hint(format!("ALERTDECK_THEME is one of {}, or one of your own", names.join(", "))));
        };
        Self::parse(name, &format!("themes/{name}.yaml"), text)
    }

    /// The theme for terminals that know 256 colours but not all of them.
    #[must_use]
    pub fn with_256_colors(mut self) -> Self {
        let indexed = |color: Option<Color>| color.map(nearest_indexed);
        self.map(|mut style| {
            style.fg = indexed(style.fg);
            style.bg = indexed(style.bg);
            style
        });
        self
    }

    /// The style of a part of YAML.
    pub fn token(&self, token: crate::domain::diff::Token) -> Style {
        use crate::domain::diff::Token;
        match token {
            Token::Plain => self.text,
            Token::Key => self.yaml_key,
            Token::Text => self.yaml_text,
            Token::Number => self.yaml_number,
            Token::Word => self.yaml_word,
            Token::Comment => self.yaml_comment,
            Token::Anchor => self.yaml_anchor,
        }
    }

    /// The style of a state; its word stands beside it.
    pub fn state(&self, state: crate::domain::health::State) -> Style {
        use crate::domain::health::State;
        match state {
            State::Ok => self.ok,
            State::Degraded => self.degraded,
            State::Unknown => self.unknown,
            State::Failing => self.failing,
        }
    }
}

/// The entry of the 6×6×6 cube or of the grey ramp that is nearest to a colour.
fn nearest_indexed(color: Color) -> Color {
    let Color::Rgb(red, green, blue) = color else { return color };
    let step = |value: u8| match value {
        0..48 => 0u8,
        48..115 => 1,
        _ => (value - 35) / 40,
    };
    let level = |step: u8| if step == 0 { 0i32 } else { 55 + 40 * i32::from(step) };
    let distance = |other: [i32; 3]| -> i32 {
        [red, green, blue].iter().zip(other).map(|(own, other)| (i32::from(*own) - other).pow(2)).sum()
    };
    let cube = [step(red), step(green), step(blue)];
    let average = (i32::from(red) + i32::from(green) + i32::from(blue)) / 3;
    let grey = u8::try_from(((average - 3) / 10).clamp(0, 23)).unwrap_or(0);
    if distance([8 + 10 * i32::from(grey); 3]) < distance(cube.map(level)) {
        Color::Indexed(232 + grey)
    } else {
        let [red, green, blue] = cube;
        Color::Indexed(16 + 36 * red + 6 * green + blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color) -> f64 {
        let Color::Rgb(red, green, blue) = color else { panic!("{color:?} is not RGB") };
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.039_28 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue)
    }

    #[test]
    fn every_built_in_theme_sets_every_role() {
        for (name, _) in BUILT_IN {
            let theme = Theme::built_in(name).unwrap();
            assert!((20..=40).contains(&theme.roles().len()));
        }
    }

    #[test]
    fn text_of_every_coloured_theme_can_be_read() {
        for name in ["dark", "light", "high-contrast"] {
            for (role, style) in Theme::built_in(name).unwrap().roles() {
                if role.starts_with("border") {
                    continue; // a line, not text
                }
                let (fg, bg) = (luminance(style.fg.unwrap()), luminance(style.bg.unwrap()));
                let contrast = (fg.max(bg) + 0.05) / (fg.min(bg) + 0.05);
                assert!(contrast >= 4.5, "{name}.{role} has a contrast of {contrast:.1}");
            }
        }
    }

    #[test]
    fn yaml_can_be_read_on_the_ground_of_a_changed_line() {
        for name in ["dark", "light", "high-contrast"] {
            let theme = Theme::built_in(name).unwrap();
            for (ground, sign) in [(theme.added_line, theme.added), (theme.removed_line, theme.removed)] {
                let tokens = theme.roles().into_iter().filter(|(role, _)| role.starts_with("yaml_"));
                for (role, style) in tokens.chain([("sign", sign), ("text", theme.text)]) {
                    let (fg, bg) = (luminance(style.fg.unwrap()), luminance(ground.bg.unwrap()));
                    let contrast = (fg.max(bg) + 0.05) / (fg.min(bg) + 0.05);
                    assert!(contrast >= 4.5, "{name}.{role} has a contrast of {contrast:.1} there");
                }
            }
        }
    }

    #[test]
    fn states_can_be_read_on_a_row_that_is_selected_elsewhere() {
        for name in ["dark", "light", "high-contrast"] {
            let theme = Theme::built_in(name).unwrap();
            let ground = luminance(theme.selected_blurred.bg.unwrap());
            for role in ["text", "dim", "ok", "degraded", "failing", "unknown", "changed"] {
                let style = theme.roles().into_iter().find(|(known, _)| *known == role).unwrap().1;
                let fg = luminance(style.fg.unwrap());
                let contrast = (fg.max(ground) + 0.05) / (fg.min(ground) + 0.05);
                assert!(contrast >= 4.5, "{name}.{role} has a contrast of {contrast:.1} there");
            }
        }
    }

    #[test]
    fn the_theme_without_colour_has_none_and_still_marks_what_is_selected() {
        let theme = Theme::built_in("mono").unwrap();
        assert!(theme.roles().iter().all(|(_, style)| style.fg.is_none() && style.bg.is_none()));
        assert!(theme.selected.add_modifier.contains(Modifier::REVERSED));
        assert_ne!(theme.border, theme.border_focused);
    }

    #[test]
    fn an_unknown_key_and_a_missing_role_are_errors_with_a_place() {
        let text = include_str!("../../themes/dark.yaml");
        let unknown = format!("{text}glow: {{ fg: red }}\n");
        let problem = Theme::parse("mine", "themes/mine.yaml", &unknown).unwrap_err();
        assert!(problem.to_string().contains("glow"), "{problem}");
        let missing: String = text
            .lines()
            .filter(|line| !line.starts_with("danger"))
            .fold(String::new(), |all, line| all + line + "\n");
        let problem = Theme::parse("mine", "themes/mine.yaml", &missing).unwrap_err();
        assert!(problem.to_string().contains("danger"), "{problem}");
        let bad = text.replacen("bold: true", "fat: true", 1);
        assert!(Theme::parse("mine", "themes/mine.yaml", &bad).unwrap_err().to_string().contains("fat"));
        assert_eq!(Theme::built_in("pink").unwrap_err().code, "theme.unknown");
    }

    #[test]
    fn colours_are_reduced_to_the_nearest_of_256() {
        assert_eq!(nearest_indexed(Color::Rgb(0, 0, 0)), Color::Indexed(16));
        assert_eq!(nearest_indexed(Color::Rgb(255, 255, 255)), Color::Indexed(231));
        assert_eq!(nearest_indexed(Color::Rgb(20, 23, 28)), Color::Indexed(234));
        for value in 0..=255u8 {
            nearest_indexed(Color::Rgb(value, 255 - value, value / 2));
        }
    }
}
