//! The arguments of `ElastAlert`, taken apart as Python's `argparse` does it. Only what has to do with
//! loading is kept.

/// Options with a value behind them.
const VALUED: [&str; 10] = [
    "--config",
    "--rule",
    "--silence",
    "--silence_qk_value",
    "--start",
    "--end",
    "--patience",
    "--es_debug_trace",
    "--prometheus_port",
    "--prometheus_addr",
];
/// Options without one.
const PLAIN: [&str; 6] = ["--debug", "--verbose", "--pin_rules", "--es_debug", "--help", "-h"];

/// What is read where no configuration is named, in the folder in which it is started.
const DEFAULT: &str = "config.yaml";

/// What `ElastAlert` is told when it is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arguments {
    /// The path of its configuration in the container; one that does not begin with `/` counts from a folder that only
    /// the image knows.
    pub config: String,
    /// The one rule that it loads: a path, or the name of a file.
    pub rule: Option<String>,
    /// It makes no alerter, and alerts nobody.
    pub debug: bool,
    /// What it does not understand, so that it ends with a line about its usage.
    pub wrong: Option<String>,
}

impl Arguments {
    /// Takes the words behind the program's name apart. `folder` is where it is started, as far as that is known.
    pub(super) fn read(words: &[String], folder: Option<&str>) -> Self {
        let mut told = Self { config: DEFAULT.to_owned(), rule: None, debug: false, wrong: None };
        let mut words = words.iter().map(String::as_str);
        while told.wrong.is_none()
            && let Some(word) = words.next()
        {
            told.wrong = told.take(word, &mut words).err();
        }
        if let Some(folder) = folder.filter(|_| !told.config.starts_with('/')) {
            told.config = format!("{}/{}", folder.trim_end_matches('/'), told.config);
        }
        told
    }

    fn take<'a>(&mut self, word: &str, rest: &mut impl Iterator<Item = &'a str>) -> Result<(), String> {
        let (name, given) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value)),
            _ => (word, None),
        };
        let known = || VALUED.iter().chain(&PLAIN).copied();
        let found: Vec<&str> = match known().find(|known| *known == name) {
            Some(exact) => vec![exact],
            // Any beginning that only one of them has will do.
            None if name.starts_with("--") && name.len() > 2 => {
                known().filter(|known| known.starts_with(name)).collect()
            }
            None => Vec::new(),
        };
        let option = match found.as_slice() {
            [option] => *option,
            [] => return Err(format!("it knows no `{word}`")),
            _ => return Err(format!("`{word}` could be {}", found.join(" or "))),
        };
        if PLAIN.contains(&option) {
            if given.is_some() {
                return Err(format!("`{option}` takes no value"));
            }
            match option {
                "--debug" => self.debug = true,
                "--help" | "-h" => return Err(format!("`{option}` has it say how it is used, and end")),
                _ => {}
            }
            return Ok(());
        }
        let value = given.or_else(|| rest.next().filter(|value| !value.starts_with('-')));
        let Some(value) = value else { return Err(format!("`{option}` needs a value")) };
        match option {
            "--config" => value.clone_into(&mut self.config),
            "--rule" => self.rule = (!value.is_empty()).then(|| value.to_owned()),
            "--prometheus_port" if value.trim().parse::<i64>().is_err() => {
                return Err(format!("`{option}` needs a number"));
            }
            _ => {}
        }
        Ok(())
    }
}
