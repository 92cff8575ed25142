//! The cells of a terminal as SVG. Text is stretched to whole cells, and lines and blocks are drawn as shapes and not
//! as characters, so that they meet whatever font the reader has.

use std::collections::BTreeMap;
use std::fmt::Write;

use vt100::{Cell, Color, Screen};

/// A cell, in units of the picture.
const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 18.0;

/// How far the letters' feet are from the top of their cell.
const FEET: f32 = 13.6;

/// The room around the cells, and that above them for the title.
const MARGIN: f32 = 14.0;
const TITLE: f32 = 34.0;

/// What a terminal's default colours look like.
const BACKGROUND: &str = "#14161b";
const TEXT: &str = "#d7dae0";

/// The sixteen colours that a terminal has names for.
const NAMED: [&str; 16] = [
    "#2a2e37", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf", "#5c6370",
    "#ff7b86", "#b5e890", "#ffd68a", "#7cc4ff", "#e19bf5", "#7fdfe8", "#ffffff",
];

/// How a cell looks.
#[derive(Clone, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "a cell has them")]
struct Look {
    text: String,
    background: Option<String>,
    bold: bool,
    dim: bool,
    italic: bool,
    underline: bool,
}

/// Draws a screen with a title.
pub(crate) fn draw(screen: &Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (width, height) =
        (f32::from(columns) * WIDTH + 2.0 * MARGIN, f32::from(rows) * HEIGHT + TITLE + MARGIN);
    let own = ground(screen);
    let mut svg = String::new();
    line(
        &mut svg,
        format_args!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" aria-label=\"{}\">",
            escape(title)
        ),
    );
    line(
        &mut svg,
        format_args!(
            "<style>text{{font:14px ui-monospace,\"JetBrains Mono\",\"DejaVu Sans Mono\",Menlo,Consolas,monospace;white-space:pre}}</style>"
        ),
    );
    line(
        &mut svg,
        format_args!(
            "<rect x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"9\" fill=\"{own}\" stroke=\"#3a3f4b\"/>",
            width - 1.0,
            height - 1.0
        ),
    );
    for (at, colour) in [(20.0, "#ff5f57"), (38.0, "#febc2e"), (56.0, "#28c840")] {
        line(&mut svg, format_args!("<circle cx=\"{at}\" cy=\"17\" r=\"5.5\" fill=\"{colour}\"/>"));
    }
    line(
        &mut svg,
        format_args!(
            "<text x=\"{:.1}\" y=\"21.5\" fill=\"#8b919d\" text-anchor=\"middle\">{}</text>",
            width / 2.0,
            escape(title)
        ),
    );
    for row in 0..rows {
        draw_row(&mut svg, screen, row, columns, &own);
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw_row(svg: &mut String, screen: &Screen, row: u16, columns: u16, own: &str) {
    let cells: Vec<(u16, &Cell, Look)> = (0..columns)
        .filter_map(|column| screen.cell(row, column).map(|cell| (column, cell, look(cell, own))))
        .filter(|(_, cell, _)| !cell.is_wide_continuation())
        .collect();
    let top = TITLE + f32::from(row) * HEIGHT;
    for run in cells.chunk_by(|one, other| one.2.background == other.2.background) {
        if let (Some(background), Some((first, ..)), Some((last, ..))) =
            (&run[0].2.background, run.first(), run.last())
        {
            line(
                svg,
                format_args!(
                    "<rect x=\"{:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{HEIGHT}\" fill=\"{background}\"/>",
                    left(*first),
                    f32::from(last - first + 1) * WIDTH
                ),
            );
        }
    }
    // Runs of text end at spaces of two and more and at shapes, so that a font of another width cannot add up.
    let mut run: Vec<&(u16, &Cell, Look)> = Vec::new();
    // A level line over many cells is one line; what is kept is where it began and ends.
    let mut level: Option<(u16, u16, &Look)> = None;
    for cell in &cells {
        let shape = shape(cell.1.contents());
        let fits = run.last().is_none_or(|last| last.2 == cell.2 && last.0 + 1 == cell.0);
        if shape.is_some() || !fits || cell.1.contents().trim().is_empty() {
            write_run(svg, &run, top);
            run.clear();
        }
        match shape {
            Some(_) if cell.1.contents() == "─" => {
                let before = level.filter(|(_, end, look)| *end == cell.0 && *look == &cell.2);
                level = Some((before.map_or(cell.0, |(begin, ..)| begin), cell.0 + 1, &cell.2));
                let goes_on = cells
                    .iter()
                    .any(|next| next.0 == cell.0 + 1 && next.1.contents() == "─" && next.2 == cell.2);
                if let (false, Some((begin, end, look))) = (goes_on, level) {
                    draw_level(svg, (begin, end), top, look);
                }
            }
            Some(shape) => draw_shape(svg, shape, left(cell.0), top, &cell.2),
            None if !cell.1.contents().trim().is_empty() => run.push(cell),
            None => underline(svg, cell, top),
        }
    }
    write_run(svg, &run, top);
}

fn draw_level(svg: &mut String, (begin, end): (u16, u16), top: f32, look: &Look) {
    let opacity = if look.dim { " opacity=\"0.65\"" } else { "" };
    line(
        svg,
        format_args!(
            "<path d=\"M{:.1} {:.1}H{:.1}\" stroke=\"{}\"{opacity}/>",
            left(begin),
            top + HEIGHT / 2.0,
            left(end),
            look.text
        ),
    );
}

fn underline(svg: &mut String, cell: &(u16, &Cell, Look), top: f32) {
    if cell.2.underline {
        line(
            svg,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{WIDTH}\" height=\"1\" fill=\"{}\"/>",
                left(cell.0),
                top + FEET + 1.5,
                cell.2.text
            ),
        );
    }
}

fn write_run(svg: &mut String, run: &[&(u16, &Cell, Look)], top: f32) {
    let (Some(first), Some(last)) = (run.first(), run.last()) else { return };
    let text: String = run.iter().map(|cell| cell.1.contents()).collect();
    let cells = last.0 - first.0 + if last.1.is_wide() { 2 } else { 1 };
    let look = &first.2;
    let mut style = String::new();
    for (is, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.italic, " font-style=\"italic\""),
        (look.underline, " text-decoration=\"underline\""),
        (look.dim, " opacity=\"0.65\""),
    ] {
        if is {
            style.push_str(attribute);
        }
    }
    line(
        svg,
        format_args!(
            "<text x=\"{:.1}\" y=\"{:.1}\" textLength=\"{:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{}\"{style}>{}</text>",
            left(first.0),
            top + FEET,
            f32::from(cells) * WIDTH,
            look.text,
            escape(&text)
        ),
    );
}

/// A character that is drawn and not written.
#[derive(Clone, Copy)]
enum Shape {
    /// Lines from the middle of the cell: to the left, to the right, up, down; and how thick.
    Lines([bool; 4], f32),
    /// A round corner: to the right or left, and down or up.
    Corner(bool, bool),
    /// A filled part of the cell, in fractions of it: left, top, width, height.
    Block([f32; 4]),
}

fn shape(text: &str) -> Option<Shape> {
    let lines = |l: u8, r: u8, u: u8, d: u8| Shape::Lines([l, r, u, d].map(|arm| arm > 0), 1.0);
    let heavy = |l: u8, r: u8, u: u8, d: u8| Shape::Lines([l, r, u, d].map(|arm| arm > 0), 2.0);
    Some(match text {
        "─" | "╌" | "┄" => lines(1, 1, 0, 0),
        "│" | "┆" | "╎" => lines(0, 0, 1, 1),
        "┌" => lines(0, 1, 0, 1),
        "┐" => lines(1, 0, 0, 1),
        "└" => lines(0, 1, 1, 0),
        "┘" => lines(1, 0, 1, 0),
        "╭" => Shape::Corner(true, true),
        "╮" => Shape::Corner(false, true),
        "╰" => Shape::Corner(true, false),
        "╯" => Shape::Corner(false, false),
        "├" => lines(0, 1, 1, 1),
        "┤" => lines(1, 0, 1, 1),
        "┬" => lines(1, 1, 0, 1),
        "┴" => lines(1, 1, 1, 0),
        "┼" => lines(1, 1, 1, 1),
        "━" => heavy(1, 1, 0, 0),
        "┃" => heavy(0, 0, 1, 1),
        "┏" => heavy(0, 1, 0, 1),
        "┓" => heavy(1, 0, 0, 1),
        "┗" => heavy(0, 1, 1, 0),
        "┛" => heavy(1, 0, 1, 0),
        "█" => Shape::Block([0.0, 0.0, 1.0, 1.0]),
        "▌" => Shape::Block([0.0, 0.0, 0.5, 1.0]),
        "▎" => Shape::Block([0.0, 0.0, 0.25, 1.0]),
        "▏" => Shape::Block([0.0, 0.0, 0.125, 1.0]),
        "▐" => Shape::Block([0.5, 0.0, 0.5, 1.0]),
        "▀" => Shape::Block([0.0, 0.0, 1.0, 0.5]),
        "▄" => Shape::Block([0.0, 0.5, 1.0, 0.5]),
        _ => return None,
    })
}

fn draw_shape(svg: &mut String, shape: Shape, left: f32, top: f32, look: &Look) {
    let colour = &look.text;
    let opacity = if look.dim { " opacity=\"0.65\"" } else { "" };
    match shape {
        Shape::Block([x, y, width, height]) => line(
            svg,
            format_args!(
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"{opacity}/>",
                left + x * WIDTH,
                top + y * HEIGHT,
                width * WIDTH,
                height * HEIGHT
            ),
        ),
        Shape::Corner(to_right, down) => {
            let (x, y) = (left + WIDTH / 2.0, top + HEIGHT / 2.0);
            let side = left + if to_right { WIDTH } else { 0.0 };
            let end = top + if down { HEIGHT } else { 0.0 };
            line(
                svg,
                format_args!(
                    "<path d=\"M{side:.1} {y:.1}Q{x:.1} {y:.1} {x:.1} {end:.1}\" stroke=\"{colour}\" fill=\"none\"{opacity}/>"
                ),
            );
        }
        Shape::Lines([to_left, to_right, up, down], thick) => {
            let (x, y) = (left + WIDTH / 2.0, top + HEIGHT / 2.0);
            let mut path = String::new();
            for (is, (dx, dy)) in [
                (to_left, (-WIDTH / 2.0, 0.0)),
                (to_right, (WIDTH / 2.0, 0.0)),
                (up, (0.0, -HEIGHT / 2.0)),
                (down, (0.0, HEIGHT / 2.0)),
            ] {
                if is {
                    write!(path, "M{x:.1} {y:.1}l{dx:.1} {dy:.1}").expect("a string takes all");
                }
            }
            line(
                svg,
                format_args!(
                    "<path d=\"{path}\" stroke=\"{colour}\" stroke-width=\"{thick}\" fill=\"none\"{opacity}/>"
                ),
            );
        }
    }
}

fn look(cell: &Cell, own: &str) -> Look {
    let text = colour(cell.fgcolor());
    let background = colour(cell.bgcolor());
    let (text, background) = if cell.inverse() {
        (background.or(Some(own.into())), text.or(Some(TEXT.into())))
    } else {
        (text, background)
    };
    Look {
        text: text.unwrap_or_else(|| TEXT.into()),
        background: background.filter(|colour| colour != own),
        bold: cell.bold(),
        dim: cell.dim(),
        italic: cell.italic(),
        underline: cell.underline(),
    }
}

/// The ground that most cells have, which is that of the whole picture.
fn ground(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let mut found: BTreeMap<String, usize> = BTreeMap::new();
    for cell in (0..rows).flat_map(|row| (0..columns).filter_map(move |column| screen.cell(row, column))) {
        *found.entry(colour(cell.bgcolor()).unwrap_or_else(|| BACKGROUND.into())).or_default() += 1;
    }
    found.into_iter().max_by_key(|(_, count)| *count).map_or_else(|| BACKGROUND.into(), |(colour, _)| colour)
}

/// A colour as SVG writes it; `None` is the terminal's own.
fn colour(colour: Color) -> Option<String> {
    match colour {
        Color::Default => None,
        Color::Rgb(red, green, blue) => Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Idx(index @ 0..16) => Some(NAMED[usize::from(index)].into()),
        Color::Idx(index @ 16..232) => {
            let level = |part: u8| if part == 0 { 0 } else { 55 + part * 40 };
            let index = index - 16;
            let (red, green, blue) = (level(index / 36), level(index / 6 % 6), level(index % 6));
            Some(format!("#{red:02x}{green:02x}{blue:02x}"))
        }
        Color::Idx(index) => {
            let grey = 8 + (index - 232) * 10;
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
    }
}

fn left(column: u16) -> f32 {
    MARGIN + f32::from(column) * WIDTH
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn line(svg: &mut String, text: std::fmt::Arguments<'_>) {
    writeln!(svg, "{text}").expect("a string takes all");
}
