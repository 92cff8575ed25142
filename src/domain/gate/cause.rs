//! The one sentence of a log that says why `ElastAlert` died. One failed load prints a quarter of a megabyte, most of
//! it a schema; what a person needs is a line in the middle of it.

/// How long the sentence may be.
const LONGEST: usize = 240;

/// What begins the telling part of a line, the most telling first.
const TELLING: &[&str] = &[
    "Error loading file ",
    "Error initializing rule ",
    "Error initiating alert ",
    "Could not import module ",
    "Could not reach ElasticSearch",
    "PermissionError: ",
    "must contain ",
    "Specified rule_folder does not exist",
    "EAException: ",
    "is not there or may not be read",
    "can't find command",
    "No such file or directory",
];

/// Finds the sentence that says why, in the newest lines that have one.
pub fn cause<'a>(lines: impl DoubleEndedIterator<Item = &'a str> + Clone) -> Option<String> {
    for telling in TELLING {
        if let Some(line) = lines.clone().rev().find(|line| line.contains(telling)) {
            let detail = details(lines.clone(), line);
            return Some(cut(&plain(line), detail.as_deref()));
        }
    }
    // The last line of a traceback: `package.Kind: what happened`.
    lines.rev().find(|line| is_exception(line)).map(|line| cut(line.trim(), None))
}

/// An invalid rule file is named on one line, what is wrong with it on a later one.
fn details<'a>(lines: impl Iterator<Item = &'a str>, line: &str) -> Option<String> {
    if !line.contains("Invalid Rule file") {
        return None;
    }
    let mut after = lines.skip_while(|other| *other != line).skip(1);
    after
        .find(|line| {
            let says = line.contains("is a required property")
                || line.contains("is not valid under any of the given schemas")
                || line.contains("is not of type");
            says && line.len() < LONGEST
        })
        .map(|line| line.trim().to_owned())
}

/// Without the names that Python and its logging put in front.
fn plain(line: &str) -> String {
    let line = line.trim();
    let line = line.strip_prefix("elastalert.util.EAException: ").unwrap_or(line);
    let line = line.strip_prefix("EAException: ").unwrap_or(line);
    line.strip_prefix("ERROR:elastalert:").unwrap_or(line).to_owned()
}

fn is_exception(line: &str) -> bool {
    let Some((name, rest)) = line.split_once(": ") else { return false };
    let last = name.rsplit('.').next().unwrap_or_default();
    !rest.is_empty()
        && !name.contains(' ')
        && last.starts_with(|c: char| c.is_ascii_uppercase())
        && ["Error", "Exception", "Exit", "Interrupt"].iter().any(|ending| last.ends_with(ending))
}

fn cut(line: &str, detail: Option<&str>) -> String {
    let whole = detail.map_or_else(|| line.to_owned(), |detail| format!("{line}: {detail}"));
    if whole.chars().count() <= LONGEST {
        return whole;
    }
    whole.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_is_found_among_the_noise() {
        let log = [
            "Traceback (most recent call last):",
            "  File \"/opt/venv/bin/elastalert\", line 8, in <module>",
            "elastalert.util.EAException: Error loading file /opt/rules/p.yaml: Invalid Rule file: /opt/rules/p.yaml",
            "Failed validating 'oneOf' in schema:",
            "'alert' is a required property",
            "INFO exited: elastalert (exit status 1; not expected)",
        ];
        assert_eq!(
            cause(log.into_iter()).unwrap(),
            "Error loading file /opt/rules/p.yaml: Invalid Rule file: /opt/rules/p.yaml: 'alert' is a required property"
        );
        let log = ["x", "yaml.scanner.ScannerError: while scanning for the next token", "y"];
        assert_eq!(
            cause(log.into_iter()).unwrap(),
            "yaml.scanner.ScannerError: while scanning for the next token"
        );
        assert_eq!(cause(["all is well", "INFO: nothing"].into_iter()), None);
    }

    #[test]
    fn a_sentence_of_a_quarter_of_a_megabyte_is_cut() {
        let long = format!("EAException: {}", "é".repeat(250_000));
        assert_eq!(cause([long.as_str()].into_iter()).unwrap().chars().count(), LONGEST);
    }
}
