//! A workspace of any size, made up the same way each time: rules as people write them, of half a KiB to two, with the
//! tokens that a team has over time. The benchmark and tests of large workspaces share it.

use std::fmt::Write as _;

/// How many tokens there are; each has a value in `Default`, and every third one another in each other environment.
pub(crate) const TOKENS: usize = 209;

/// The environments beside `Default`.
pub(crate) const ENVIRONMENTS: [&str; 3] = ["CI", "Staging", "Production"];

/// One rule in so many has a key that nothing reads, which is all that there is to find.
const SLIPS: usize = 500;

/// How many findings a workspace with so many rules has; it has at least 101, so that its overlays mean some.
pub(crate) fn findings(rules: usize) -> usize {
    rules.div_ceil(SLIPS)
}

const TYPES: [&str; 4] = [
    "type: frequency\nnum_events: @@{a}@@\ntimeframe:\n  minutes: 15\n",
    "type: spike\nspike_height: 3\nspike_type: up\nthreshold_cur: @@{a}@@\ntimeframe:\n  hours: 1\n",
    "type: flatline\nthreshold: @@{a}@@\ntimeframe: {minutes: 30}\n",
    "type: any\nrealert:\n  minutes: @@{a}@@\n",
];

const SERVICES: [&str; 6] = ["checkout", "payments", "search", "login", "mail", "stock"];

/// The name of a token.
fn token(number: usize) -> String {
    format!("{}_{}", ["LIMIT", "MINUTES", "INDEX"][number % 3], number)
}

/// Path and text of each file of a workspace with so many rules.
pub(crate) fn workspace(rules: usize) -> Vec<(String, String)> {
    let mut files = vec![(
        "config/elastalert.yaml".to_owned(),
        "# What every rule has.\nrules_folder: /opt/rules\nscan_subdirectories: true\nrun_every: {seconds: 30}\n\
         buffer_time: {minutes: 15}\nes_host: search.internal\nes_port: 9200\nwriteback_index: elastalert_@@ENVIRONMENT@@\n"
            .to_owned(),
    )];
    files.extend(layers());
    files.extend((0..rules).map(|number| {
        let team = SERVICES[number / 7 % SERVICES.len()];
        (format!("rules/{team}/{:02}/rule-{number:05}.yaml", number / 100), rule(number))
    }));
    files.sort();
    files
}

fn layers() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for (at, name) in std::iter::once("Default").chain(ENVIRONMENTS).enumerate() {
        let mut text = format!("# The values of {name}.\norder: {}\ntokens:\n", at * 10);
        for number in (0..TOKENS).filter(|number| at == 0 || number % 3 == 0) {
            let value = if number % 3 == 2 { format!("logs-{number}-*") } else { (number + at).to_string() };
            writeln!(text, "  {}: {value}", token(number)).unwrap();
        }
        if at == 3 {
            text.push_str(
                "rules:\n  Rule 00017 of search: {priority: 1}\n  Rule 00100 of search: {priority: 2}\n",
            );
        }
        files.push((format!("config/environments/{name}.yaml"), text));
    }
    files
}

/// One rule.
fn rule(number: usize) -> String {
    let team = SERVICES[number / 7 % SERVICES.len()];
    // One rule in three has a value that differs by environment.
    let (limit, index) =
        (token(number * 3 % TOKENS / 3 * 3 + number % 3 % 2), token(number * 7 % TOKENS / 3 * 3 + 2));
    let limit = if limit.starts_with("INDEX") { token(1) } else { limit };
    let index = if number * 7 % TOKENS / 3 * 3 + 2 < TOKENS { index } else { token(2) };
    let mut text = format!(
        "# Rule {number}: looked after by the team of {team}.\nname: Rule {number:05} of {team}\nindex: \"@@{index}@@\"\n\
         priority: {}\ndescription: >\n  Tells the people on call when {team} answers with errors, or does not answer\n  at all, for longer than it takes to restart.\n",
        number % 4 + 1
    );
    text.push_str(&TYPES[number % TYPES.len()].replace("{a}", &limit));
    writeln!(
        text,
        "\nfilter:\n- query:\n    query_string:\n      query: \"service: {team} AND level: (error OR fatal) AND NOT path: /health\"\n\
         - range:\n    http.response.status_code: {{gte: 500, lt: 600}}"
    )
    .unwrap();
    for part in 0..number % 5 {
        writeln!(text, "- bool:\n    must_not:\n    - term: {{host.name: \"{team}-{part}.internal\"}}\n    - term: {{kubernetes.namespace: canary-{part}}}").unwrap();
    }
    if number.is_multiple_of(SLIPS) {
        text.push_str("\nrealertt: {minutes: 5}");
    }
    text.push_str("\nalert:\n- post\n- debug\nhttp_post_url: \"https://hooks.example.org/alerts\"\nquery_key: [host.name, service]\nalert_subject: \"{0} errors in ");
    text.push_str(team);
    text.push_str("\"\nalert_subject_args: [num_hits]\nalert_text_type: alert_text_only\nalert_text: |\n");
    for line in 0..number % 11 {
        writeln!(
            text,
            "  {}. Look at the dashboard of {team}, page {line}, and compare with the week before.",
            line + 1
        )
        .unwrap();
    }
    text.push_str("  https://wiki.example.org/runbooks?page=errors#first-steps\n");
    text
}
