//! Broken and bent texts: edits of good rules and of snippets, as hands and programs make them. Each is made from a
//! seed and its number alone, so that any one of them can be made again.

/// Split-mix of 64 bits: small, and the same everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut random = Self(seed ^ number.wrapping_mul(0xa076_1d64_78bd_642f));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end.max(1)).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// What changes the meaning of a text when it stands somewhere.
const TELLING: [&str; 96] = [
    "\t",
    "\t",
    "\t",
    " \t",
    "\t ",
    " ",
    " ",
    "  ",
    "\n",
    "\n",
    "\n\n",
    "\n ",
    "\n  ",
    "\r",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{2029}",
    ":",
    ":",
    ": ",
    ": ",
    ":\n",
    " : ",
    "?",
    "? ",
    "-",
    "- ",
    "- ",
    "-\n",
    ",",
    ", ",
    "[",
    "]",
    "{",
    "}",
    "[]",
    "{}",
    "#",
    " #",
    " # ",
    "&",
    "&a ",
    "&a",
    "*",
    "*a",
    "*a ",
    "*a : ",
    "!",
    "! ",
    "!a ",
    "!!str ",
    "!!int ",
    "!!set ",
    "!!binary ",
    "!<a> ",
    "!e!a ",
    "|",
    "|\n",
    "|-\n ",
    "|+\n ",
    "|2\n",
    ">",
    ">\n ",
    ">-\n",
    "'",
    "'",
    "''",
    "\"",
    "\"",
    "\\",
    "\\\n",
    "\\x41",
    "\\u00e9",
    "\\ud800",
    "%",
    "%YAML 1.1\n",
    "%TAG ! a\n",
    "@",
    "`",
    "<<",
    "<<: ",
    "<<: *a",
    "=",
    "---",
    "---\n",
    "--- ",
    "...",
    "...\n",
    "\u{feff}",
    "\u{a0}",
    "\u{e9}",
    "\u{1f600}",
    "\u{0}",
    "\u{1b}",
    "~",
];

/// Values that YAML 1.1 has its own mind about.
const VALUES: [&str; 40] = [
    "yes",
    "off",
    "null",
    "~",
    "1",
    "010",
    "0x1F",
    "0b11",
    "1_000",
    "1:30",
    "1:30.5",
    "1.5",
    "1e3",
    "1.5e+3",
    ".5",
    ".inf",
    "-.inf",
    ".nan",
    "2020-01-01",
    "2020-13-01",
    "2020-01-01 10:00:00",
    "2020-01-01T10:00:00.5+01:00",
    "=",
    "<<",
    "0x_",
    "08",
    "-0",
    "+.5",
    "''",
    "[a]",
    "{a: 1}",
    "[1, 1.0]",
    "!!str 1",
    "!!int x",
    "!!float 1",
    "!!bool maybe",
    "!!timestamp x",
    "!!set {a}",
    "!!omap [a: 1]",
    "!!python/tuple [a]",
];

fn boundary(text: &[u8], mut at: usize) -> usize {
    while at < text.len() && text[at] & 0xc0 == 0x80 {
        at += 1;
    }
    at.min(text.len())
}

fn place(random: &mut Random, text: &[u8]) -> usize {
    let at = random.below(text.len() + 1);
    // Now and then within a character, so that broken bytes are met too.
    if random.below(200) == 0 { at } else { boundary(text, at) }
}

fn lines(text: &[u8]) -> Vec<Vec<u8>> {
    text.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// The text with this number. `bases` are whole texts, most of them good.
pub(crate) fn edited(bases: &[Vec<u8>], seed: u64, number: u64) -> Vec<u8> {
    let random = &mut Random::new(seed, number);
    match random.below(12) {
        0 | 1 => return soup(random),
        2 => return scalar(random),
        _ => {}
    }
    let mut text = window(random, bases);
    for _ in 0..*random.pick(&[1, 1, 1, 2, 2, 3]) {
        edit(random, &mut text, bases);
    }
    text.truncate(boundary(&text, 1500));
    text
}

/// One scalar of the characters that numbers and times are made of, with or without a tag that wants one.
fn scalar(random: &mut Random) -> Vec<u8> {
    let tags = [
        "",
        "",
        "",
        "",
        "!!int ",
        "!!float ",
        "!!timestamp ",
        "!!binary ",
        "!!bool ",
        "!!null ",
        "!!python/complex ",
        "!!python/int ",
        "!!python/bytes ",
    ];
    let stems = [
        "",
        "",
        "2020-01-01",
        "2020-2-28 23:59:59",
        "0x",
        "0b",
        "0",
        "1:30",
        ".",
        "-",
        "1.5e+",
        "YWJj",
        "1+2j",
    ];
    let alphabet: Vec<char> = "00112345679__..::++--eEjxXbBaAfFtTzZnis=/ \t\u{661}".chars().collect();
    let mut text =
        [*random.pick(&["", "- ", "a: ", "? "]), *random.pick(&tags), *random.pick(&stems)].concat();
    let quoted = random.below(4) == 0;
    if quoted {
        text = format!("{}\"{}", random.pick(&tags), random.pick(&stems));
    }
    for _ in 0..random.below(10) {
        text.push(*random.pick(&alphabet));
    }
    text.push_str(if quoted { "\"\n" } else { "\n" });
    text.into_bytes()
}

/// Nothing but telling pieces and short words: snippets that no hand would write, but some program will.
fn soup(random: &mut Random) -> Vec<u8> {
    let mut text = Vec::new();
    for _ in 0..2 + random.below(14) {
        match random.below(5) {
            0 => text.extend(random.pick(&["a", "b", "a: ", "- a\n", "k: v\n", "x y", "12"]).bytes()),
            1 => text.extend(random.pick(&VALUES).bytes()),
            _ => text.extend(random.pick(&TELLING).bytes()),
        }
    }
    text
}

/// A few lines of a long text: PyYAML is slow, and what an edit breaks is near it.
fn window(random: &mut Random, bases: &[Vec<u8>]) -> Vec<u8> {
    let text = random.pick(bases);
    if text.len() < 160 || random.below(8) == 0 {
        return text.clone();
    }
    let lines = lines(text);
    let from = random.below(lines.len());
    lines.iter().skip(from).take(1 + random.below(8)).flatten().copied().collect()
}

fn edit(random: &mut Random, text: &mut Vec<u8>, bases: &[Vec<u8>]) {
    let at = place(random, text);
    match random.below(16) {
        0 | 1 => {
            let end = boundary(text, (at + 1 + random.below(3)).min(text.len()));
            text.drain(at..end.max(at));
        }
        2..=5 => {
            let telling = random.pick(&TELLING);
            text.splice(at..at, telling.bytes());
        }
        6 => {
            let telling = random.pick(&TELLING);
            let end = boundary(text, (at + 1).min(text.len()));
            text.splice(at..end.max(at), telling.bytes());
        }
        7 => {
            if let Some(other) = (at > 0 && at < text.len()).then(|| at - 1) {
                text.swap(at, other);
            }
        }
        8 => {
            // Behind an indicator, where a value is expected.
            let behind = text
                .windows(2)
                .position(|pair| matches!(pair, b": " | b"- " | b", "))
                .map_or(at, |at| at + 2);
            let value = random.pick(&VALUES);
            text.splice(behind..behind, value.bytes());
        }
        9 => {
            let other = window(random, bases);
            let from = place(random, &other);
            text.truncate(at);
            text.extend(&other[from..]);
        }
        10 => {
            let other = window(random, bases);
            text.splice(at..at, other);
        }
        _ => edit_lines(random, text),
    }
}

fn edit_lines(random: &mut Random, text: &mut Vec<u8>) {
    let mut lines = lines(text);
    if lines.is_empty() {
        return;
    }
    let at = random.below(lines.len());
    match random.below(9) {
        0 => {
            lines.remove(at);
        }
        1 => {
            let line = lines.remove(at);
            let to = random.below(lines.len() + 1);
            lines.insert(to, line);
        }
        2 => {
            let line = lines[at].clone();
            lines.insert(random.below(lines.len() + 1), line);
        }
        3 | 4 => {
            let blanks = b"        ";
            let more = 1 + random.below(4);
            lines[at].splice(0..0, blanks[..more].iter().copied());
        }
        5 => {
            if lines[at].first() == Some(&b' ') {
                lines[at].remove(0);
            }
        }
        6 => {
            let blanks = lines[at].iter().take_while(|byte| **byte == b' ').count();
            let cut = random.below(blanks + 1);
            lines[at].splice(cut..blanks, *b"\t");
        }
        7 => {
            for line in &mut lines[at..] {
                line.splice(0..0, *b"  ");
            }
        }
        _ => {
            if lines[at].last() == Some(&b'\n') {
                lines[at].pop();
                let ends: [&[u8]; 5] = [b"", b"\r\n", b" \n", b"\t\n", b" # c\n"];
                let end = *random.pick(&ends);
                lines[at].extend(end);
            }
        }
    }
    *text = lines.concat();
}
