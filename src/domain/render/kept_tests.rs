//! Whatever was edited, what is kept of an earlier reading makes no difference: texts, findings, rules and names are what
//! they are when all of it is made anew. Fixed edits say what is looked at, random ones look for what nobody thought of.

use proptest::prelude::*;

use super::*;
use crate::domain::overview::Overview;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

const FILES: [(&str, &str); 8] = [
    (
        "config/elastalert.yaml",
        "es_host: @@HOST@@\nes_port: 1\nrules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 1}\nwriteback_index: w_@@ENVIRONMENT@@\n",
    ),
    ("config/environments/CI.yaml", "tokens: { HOST: ci }\n"),
    ("config/environments/Default.yaml", "tokens: { HOST: a, LIMIT: 5 }\n"),
    ("config/environments/Lab.yaml", "order: 3\n"),
    ("rules/a.yaml", "name: A\ntype: any\nindex: i\nalert: debug\n"),
    ("rules/b.yaml", "name: B\ntype: any\nindex: i\nalert: debug\nlimit: @@LIMIT@@\n"),
    ("rules/c.yaml", "name: C\ntype: any\nindex: $TEAM\nalert: debug\n"),
    ("rules/list.txt", "@@HOST@@\n"),
];

fn workspace(edits: &[(&str, &str)]) -> Workspace {
    let mut files: BTreeMap<&str, &str> = BTreeMap::from(FILES);
    files.extend(edits.iter().copied());
    files.retain(|_, text| *text != "gone");
    let file = |(path, text): (&str, &str)| (path.to_owned(), Bytes::from(text.as_bytes().to_vec()));
    build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: files.into_iter().map(file).collect(),
        problems: Vec::new(),
        set: &[],
        octopus: false,
    })
}

#[test]
fn whatever_is_edited_what_was_kept_makes_no_difference() {
    let edits: [&[(&str, &str)]; 17] = [
        &[],
        &[("rules/a.yaml", "name: A2\ntype: any\nindex: i\nalert: debug\n")],
        &[("rules/a.yaml", "name: B\ntype: any\nindex: i\nalert: debug\n")],
        &[("rules/a.yaml", "gone")],
        &[("rules/0.yaml", "name: N\ntype: any\nindex: @@LIMT@@\nalert: debug\n")],
        &[("rules/b.yaml", "name: [\nlimit: @@LIMIT@@\n")],
        &[("config/environments/Default.yaml", "# moved\n\ntokens: { HOST: a, LIMIT: 5 }\n")],
        &[("config/environments/Default.yaml", "tokens: { HOST: a, LIMITS: 5 }\n")],
        &[("config/environments/Default.yaml", "tokens: { HOST: a, LIMIT: \"x: y\" }\n")],
        &[("config/environments/CI.yaml", "tokens: { HOST: ci, LIMIT: 6 }\n")],
        &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nrules: { B: { limit: 7 } }\n")],
        &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nrules: { A: { name: Z } }\n")],
        &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nconfig: { es_port: 2 }\n")],
        &[("config/environments/CI.yaml", "tokens: { HOST: ci }\nexclude: [\"a*\"]\n")],
        &[("config/environments/CI.yaml", "secrets: { HOST: { env: H } }\n")],
        &[("config/environments/CI.yaml", "target: { env: { TEAM: x, ES_PORT: 3 } }\n")],
        &[("config/environments/CI.yaml", "gone"), ("config/environments/New.yaml", "tokens: { HOST: n }\n")],
    ];
    for one in edits {
        let (first, kept) = Overview::after(workspace(one), &Kept::default(), &OneByOne);
        assert_eq!(first, Overview::of(workspace(one)));
        for other in edits {
            let fresh = Overview::of(workspace(other));
            let (again, _) = Overview::after(workspace(other), &kept, &OneByOne);
            assert_eq!(again, fresh, "{one:?} and then {other:?}");
        }
    }
}

#[test]
fn what_is_the_same_is_made_once() {
    let kept = |workspace, before: &Kept| Kept::new(&Arc::new(workspace), before, &OneByOne);
    let first = kept(workspace(&[]), &Kept::default());
    // The configuration is another one in each of three, the list in two; a rule is one for all.
    assert_eq!(first.count(), (3 + 2 + 3, 5 * 3));
    let edited = kept(workspace(&[("rules/b.yaml", "name: B2\nlimit: @@LIMIT@@\n")]), &first);
    let same = |template: usize| {
        (0..3).all(|at| {
            Arc::ptr_eq(first.texts.get(at, template).unwrap(), edited.texts.get(at, template).unwrap())
        })
    };
    assert_eq!((0..5).filter(|template| !same(*template)).collect::<Vec<_>>(), [2]);
}

/// A workspace in which much stands on something else: imports, variables, the configuration, equal names, lists.
const PARTS: [(&str, &[&str]); 12] = [
    (
        "config/elastalert.yaml",
        &[
            "es_host: @@HOST@@\nes_port: 1\nrules_folder: /opt/rules\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 1}\nwriteback_index: w_@@ENVIRONMENT@@\n",
            "# longer\nwriteback_index: w_@@ENVIRONMENT@@\nsmtp_port: @@LIMIT@@\nskip_invalid: true\nes_host: @@HOST@@\nes_port: 1\nrules_folder: [/opt/rules, rules/web]\nrun_every: {minutes: 1}\nbuffer_time: {minutes: 1}\n",
            "writeback_index: w_@@ENVIRONMENT@@\nes_host: @@HOST@@\nes_port: 1\nrules_folder: /opt/rules\nscan_subdirectories: false\nrun_every: {minutes: 1}\nbuffer_time: @@SPAN@@\nstring_multi_field_name: @@LIMIT@@\n",
            "es_host: [\n",
            "gone",
        ],
    ),
    (
        "config/environments/CI.yaml",
        &[
            "tokens: { HOST: ci, SPAN: \"{hours: 1}\" }\n",
            "tokens: { HOST: ci, LIMIT: x }\nrules: { A: { priority: 7 }, B: { name: A } }\n",
            "tokens: { HOST: \"$es_port$\" }\ntarget: { env: { TEAM: web, ES_HOST: there } }\n",
            "tokens: { LIMIT: 6 }\nexclude: [\"base*\"]\ntarget: { mounts: { rules: /rules } }\n",
            "gone",
        ],
    ),
    (
        "config/environments/Default.yaml",
        &[
            "tokens: { HOST: a, LIMIT: 5, SPAN: \"{minutes: 2}\" }\n",
            "tokens: { HOST: a, LIMIT: 5, SPAN: \"x: [\" }\nrules: { C: { import: base.yaml } }\n",
        ],
    ),
    ("config/environments/Lab.yaml", &["order: 3\n", "tokens: { HOST: a b:c }\n"]),
    (
        "rules/a.yaml",
        &[
            "name: A\ntype: any\nindex: i\nalert: debug\n",
            "name: B\ntype: any\nindex: i\nalert: [email]\nemail: a@example.org\n",
            "name: A\ntype: any\nindex: i\nalert: {debug: {x: [}}\n",
            "name: A\ntype: any\nindex: i\nalert: debug\ntop_count_keys: [a]\n",
        ],
    ),
    (
        "rules/b.yaml",
        &[
            "import: base.yaml\nname: B\n",
            "import: web/base.yaml\nname: B\nindex: $TEAM\n",
            "name: @@LIMIT@@\ntype: any\nindex: i\nalert: debug\nrun_every: @@SPAN@@\n",
            "gone",
        ],
    ),
    (
        "rules/base.yaml",
        &[
            "type: any\nindex: i\nalert: debug\n",
            "type: any\nindex: $TEAM\nalert: debug\nimport: b.yaml\n",
            "type: @@HOST@@\n",
            "gone",
        ],
    ),
    (
        "rules/web/base.yaml",
        &[
            "name: W\ntype: any\nindex: i\nalert: [jira]\njira_account_file: /opt/rules/account.txt\njira_server: s\njira_project: p\njira_issuetype: t\n",
            "type: any\nalert: debug\nindex: \"@@HOST@@-*\"\n",
            "gone",
        ],
    ),
    ("rules/account.txt", &["user: @@HOST@@\npassword: x\n", "[", "gone"]),
    (
        "rules/c.yaml",
        &[
            "name: C\ntype: blacklist\nindex: i\nalert: debug\ncompare_key: k\nblacklist: [\"!file list.txt\"]\n",
            "name: C\ntype: new_term\nindex: i\nalert: debug\nfields: [f]\nes_host: @@LIMIT@@\n",
            "name: C\ntype: blacklist\nindex: i\nalert: debug\ncompare_key: k\nblacklist: [\"!file /opt/rules/list.txt\"]\n",
        ],
    ),
    ("rules/list.txt", &["@@HOST@@\n", "a\nb\n", "gone"]),
    (
        "rules/d.yaml",
        &[
            "name: D\ntype: any\nindex: i\nalert: debug\nalert_text_type: alert_text_jinja\nalert_text: \"{{ a @@HOST@@ }}\"\n",
            "gone",
        ],
    ),
];

fn made_of(choice: &[usize]) -> Workspace {
    let texts = PARTS.iter().zip(choice).map(|((path, texts), choice)| (*path, texts[choice % texts.len()]));
    let first: Vec<(&str, &str)> = FILES.iter().map(|(path, _)| (*path, "gone")).chain(texts).collect();
    workspace(&first)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn after_any_edits_all_is_as_made_anew(
        start in prop::collection::vec(0_usize..5, PARTS.len()),
        edits in prop::collection::vec((0..PARTS.len(), 0_usize..5), 1..6),
    ) {
        let mut choice = start;
        let (mut last, mut kept) = Overview::after(made_of(&choice), &Kept::default(), &OneByOne);
        prop_assert_eq!(&last, &apart(&choice));
        for (part, text) in edits {
            choice[part] = text;
            (last, kept) = Overview::after(made_of(&choice), &kept, &OneByOne);
            prop_assert_eq!(&last, &apart(&choice));
        }
    }
}

/// Every environment by itself, so that nothing is shared either.
fn apart(choice: &[usize]) -> Overview {
    let mut overview = Overview::of(made_of(choice));
    let workspace = Arc::clone(&overview.workspace);
    for (rendering, environment) in overview.renderings.iter_mut().zip(&workspace.environments) {
        *rendering = Arc::new(crate::domain::render::render(&workspace, environment, &BTreeMap::new()));
    }
    overview
}
