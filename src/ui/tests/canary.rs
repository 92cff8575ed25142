//! A workspace that repeats its secret wherever it can. Every screen that shows text of it is walked over, and none of
//! them may show the secret in any form.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::sample::Script;
use crate::app::{Outcome, Ticket};
use crate::domain::diff::compare;
use crate::domain::diff::side::Side;
use crate::ui::Theme;

use super::{draw, symbols};

const CANARY: &str = "canary and what nobody may see on a screen";

/// Its base64 in lines that are too short to be known alone.
fn wrapped(columns: usize) -> Vec<String> {
    let whole = STANDARD.encode(CANARY).into_bytes();
    whole.chunks(columns).map(|line| String::from_utf8(line.to_vec()).unwrap()).collect()
}

fn files() -> Vec<(String, String)> {
    let base64 = wrapped(12).join("\n  ");
    let rule = format!(
        "name: Rule {CANARY}\ntype: any\nindex: logs-*\nfilter: []\nalert: [debug]\n# {CANARY}\nowner: @@OWNER@@\n\
         url: http://u:{CANARY}@h/\ndescription: |\n  {base64}\n\npriority: 7\n# the end\n"
    );
    let config = "rules_folder: /opt/rules\nes_host: @@ES_HOST@@\nes_port: 9200\nes_password: \"@@KEY@@\"\nrun_every: {seconds: 60}\n\
                  buffer_time: {minutes: 15}\nwriteback_index: w\n";
    let files = [
        ("config/elastalert.yaml", config.to_owned()),
        ("config/environments/Sensitive.Local.yaml", format!("tokens:\n  KEY: \"{CANARY}\"\n")),
        ("config/environments/Default.yaml", format!("tokens:\n  ES_HOST: h\n  OWNER: \"{CANARY} below\"\n")),
        (
            "config/environments/CI.yaml",
            format!(
                "tokens:\n  OWNER: ci\nrules:\n  'Other': {{ owner: 'x', priority: 2, description: '{CANARY}' }}\n"
            ),
        ),
        ("rules/one.yaml", rule.clone()),
        ("rules/same.yaml", rule.clone()),
        (
            "rules/other.yaml",
            format!(
                "name: Other\nowner: '{CANARY}'\n{}",
                rule.split_once('\n').unwrap().1.replace(": 7", &format!(": @@NOPE@@ # {CANARY}"))
            ),
        ),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text)).collect()
}

#[test]
fn no_screen_shows_a_secret_in_any_form() {
    let theme = Theme::built_in("dark").unwrap();
    let mut script = Script::reading(files());
    let mut seen = String::new();
    let mut look = |script: &mut Script, keys: &str| {
        for key in keys.split_whitespace() {
            script.keys(key);
            let (buffer, _) = draw(script, &theme, 160, 40);
            let shown = symbols(&buffer);
            let bad = ["canary", "nobody may see"].into_iter().map(str::to_owned).chain(wrapped(12));
            for bad in bad {
                assert!(!shown.contains(&bad), "{bad:?} after {key} of {keys}:\n{shown}");
            }
            seen.push_str(&shown);
        }
    };
    let down = "j w j <esc> ".repeat(12);
    let findings = "j <right> ".repeat(12);
    look(&mut script, "<tab> j k ]");
    for environment in ["[", "]"] {
        look(&mut script, &format!("{environment} 2 <tab> <tab> g {down}"));
        look(&mut script, &format!("f g {down}"));
        look(&mut script, &format!("f g {down} <tab>"));
    }
    look(&mut script, &format!("<esc> c {findings} <esc>"));
    // The diff of the two environments, in each view.
    script.keys("<esc> <tab> 1 ]");
    let overview = script.model.overview().unwrap();
    let workspace = Arc::clone(&overview.workspace);
    let masker = Arc::new(workspace.masker());
    let side = |name: &str| {
        let rendering = overview.rendering(&name.parse().unwrap()).unwrap();
        Side::of(Arc::clone(rendering), Arc::clone(&workspace)).hiding(&masker)
    };
    let diff = compare::diff(&side("Default"), &side("CI"));
    let ticket = Ticket(script.model.tickets);
    script.done(ticket, Outcome::Diff(Ok(Arc::new(diff))));
    look(&mut script, &format!("<enter> {down} v g {down} v"));
    for needle in ["Rule ‹secret KEY›", "es_password", "# the end", "@@NOPE@@"] {
        assert!(seen.contains(needle), "{needle} was never on the screen");
    }
}
