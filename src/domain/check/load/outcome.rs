//! What there is to say of a configuration and its rules: loads, is refused, or nobody can tell without a network or
//! the image. All of it is plain data for findings, tests and screens.

use std::fmt;
use std::ops::Range;

/// What becomes of a configuration and its rules.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What becomes of `config/elastalert.yaml`, and of all that `ElastAlert` does at its start besides loading rules.
    pub config: Outcome,
    /// What it asks of the world.
    pub needs: Vec<Need>,
    /// Whether it goes on when a rule is refused in a way that it catches.
    pub skip_invalid: bool,
    /// Each rule file in the order of their paths. None when the configuration is refused: nobody comes that far.
    pub rules: Vec<RuleOutcome>,
}

/// What becomes of one rule file.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleOutcome {
    /// Its path in the rendering.
    pub path: String,
    /// Its name, once it is known.
    pub name: Option<String>,
    /// Whether it runs; known only of one that loads.
    pub enabled: Option<bool>,
    /// Whether it loads.
    pub outcome: Outcome,
    /// What it asks of the world when it is loaded.
    pub needs: Vec<Need>,
    /// The rule once its options are loaded, before classes take the place of names: as JSON, where what JSON has no form
    /// for is an object with one key: `$timedelta` (seconds), `$date`, `$datetime`, `$bytes`, `$set`, `$tuple`, `$map`,
    /// `$float`, `$name`, `$object`.
    pub values: Option<serde_json::Value>,
}

/// Whether it loads.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It does.
    Loads,
    /// It does not.
    Refused(Box<Refusal>),
    /// Only what is needed can tell.
    Unknown(Need),
}

/// How far loading comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// The configuration.
    Config,
    /// Finding rule files.
    Find,
    /// Reading a file and what it imports.
    Read,
    /// The schema, times, defaults, the template.
    Options,
    /// Enhancements and the rule type.
    Type,
    /// Alerters.
    Alerts,
    /// The name is taken.
    Duplicate,
    /// Making the rule ready to run.
    Start,
}

impl Stage {
    /// In one word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Config => "config",
            Self::Find => "find",
            Self::Read => "read",
            Self::Options => "options",
            Self::Type => "type",
            Self::Alerts => "alerts",
            Self::Duplicate => "duplicate",
            Self::Start => "start",
        }
    }
}

/// Why something does not load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The kind of problem, stable: `rule.required`, `yaml.syntax`.
    pub code: &'static str,
    /// The Python class of the error that ends loading: `EAException`, `ParserError`; `hangs` where it never ends.
    pub class: &'static str,
    /// The class of the error behind it, where there is another one: `ScannerError`, `ValidationError`.
    pub cause: Option<&'static str>,
    /// One sentence, without any value of the file.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// Where.
    pub at: Option<At>,
    /// The way through the YAML to what is refused.
    pub path: Vec<Step>,
    /// How far it came.
    pub stage: Stage,
    /// Whether `skip_invalid: true` leaves out this rule and goes on.
    pub caught_by_skip_invalid: bool,
    /// The line within the template of the alert's text, where that is what is wrong; from 1.
    pub template_line: Option<usize>,
    /// The other file, where the trouble is between two.
    pub other: Option<String>,
}

/// A place in a file of the rendering.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The file.
    pub file: String,
    /// Bytes of the file as it is, before variables are put in.
    pub range: Range<usize>,
    /// Line in the text that is parsed, variables put in; from 1.
    pub line: usize,
    /// Column there, from 1.
    pub column: usize,
}

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Index(index) => write!(f, "{index}"),
        }
    }
}

/// What only the world can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The search engine is asked when the rule is loaded.
    Search {
        /// `host:port`.
        at: String,
    },
    /// Jira is logged in to.
    Jira {
        /// Its address.
        at: String,
    },
    /// A name is resolved for `statsd`.
    Statsd {
        /// `host:port`.
        at: String,
    },
    /// A Python module is imported, and run.
    Module {
        /// Its dotted path.
        name: String,
    },
    /// A Python expression is run.
    Expression {
        /// The option that holds it.
        option: String,
    },
    /// A file of the image, or of a mount that is not known.
    File {
        /// Its path in the container.
        path: String,
    },
    /// A folder of the image, or of a mount that is not known.
    Folder {
        /// Its path in the container.
        path: String,
    },
    /// The credentials of AWS.
    Aws,
    /// Something that is not followed here.
    Other {
        /// What.
        what: String,
    },
}

impl Need {
    /// In one word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Search { .. } => "search",
            Self::Jira { .. } => "jira",
            Self::Statsd { .. } => "statsd",
            Self::Module { .. } => "module",
            Self::Expression { .. } => "expression",
            Self::File { .. } => "file",
            Self::Folder { .. } => "folder",
            Self::Aws => "aws",
            Self::Other { .. } => "other",
        }
    }

    /// What is asked, imported or read.
    pub fn subject(&self) -> &str {
        match self {
            Self::Search { at } | Self::Jira { at } | Self::Statsd { at } => at,
            Self::Module { name } => name,
            Self::Expression { option } => option,
            Self::File { path } | Self::Folder { path } => path,
            Self::Aws => "AWS",
            Self::Other { what } => what,
        }
    }
}

impl Outcome {
    /// Why it is refused, if it is.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::Loads | Self::Unknown(_) => None,
        }
    }

    /// Whether it loads.
    pub fn loads(&self) -> bool {
        matches!(self, Self::Loads)
    }
}
