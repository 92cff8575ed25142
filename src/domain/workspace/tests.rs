//! What a workspace makes of its files. Each test gives files as texts and looks at the value that comes out, so
//! that no disk is needed.

use crate::domain::environment::{EnvName, Guard};
use crate::domain::template::Bytes;
use crate::domain::workspace::Workspace;
use crate::domain::workspace::build::{Sources, build};

fn open(files: &[(&str, &str)]) -> Workspace {
    open_with("", files, &[], false)
}

fn open_with(
    prefix: &'static str,
    files: &[(&str, &str)],
    set: &[(String, String)],
    octopus: bool,
) -> Workspace {
    build(Sources {
        root: "/w".into(),
        prefix,
        revision: 1,
        files: files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Bytes::from(text.as_bytes().to_vec())))
            .collect(),
        problems: Vec::new(),
        set,
        octopus,
    })
}

fn names(workspace: &Workspace) -> Vec<&str> {
    workspace.environments.iter().map(|environment| environment.name.as_str()).collect()
}

fn codes(workspace: &Workspace) -> Vec<&str> {
    workspace.findings.iter().map(|finding| finding.problem.code).collect()
}

fn value<'a>(workspace: &'a Workspace, environment: &str, key: &str) -> Option<&'a str> {
    workspace.environment(&environment.parse().unwrap()).unwrap().value(key)
}

#[test]
fn environments_are_the_union_of_the_three_folders_in_pipeline_order() {
    let workspace = open(&[
        ("config/environments/Production.yaml", "order: 30\ntokens: { A: 1 }\n"),
        ("config/substitutions/CI.conf", "A=1\n"),
        ("config/environments/Staging.yaml", "order: 20\n"),
        ("config/rule_exclusions/rule_exclusions.Lab.conf", "ci*\n"),
        ("config/substitutions/Sensitive.Local.conf", "S=1\n"),
    ]);
    assert_eq!(names(&workspace), ["Default", "Staging", "Production", "CI", "Lab"]);
    assert_eq!(codes(&workspace), ["environment.empty"]);
}

#[test]
fn default_stands_first_even_without_a_file() {
    assert_eq!(names(&open(&[])), ["Default"]);
    assert_eq!(names(&open(&[("config/substitutions/Default.conf", "A=1\n")])), ["Default"]);
}

#[test]
fn layers_lie_on_each_other_in_both_forms() {
    let files = [
        ("config/environments/CI.yaml", "tokens: { B: ci }\n"),
        ("config/substitutions/CI.conf", "C=ci\n"),
        ("config/substitutions/Default.conf", "A=default\nB=default\nC=default\nD=default\n"),
        ("config/substitutions/Sensitive.Local.conf", "T=canary\n"),
    ];
    let set = [("D".to_owned(), "flag".to_owned())];
    let workspace = open_with("", &files, &set, false);
    assert!(workspace.findings.is_empty(), "{:?}", workspace.findings);
    let of = |key| value(&workspace, "CI", key);
    assert_eq!((of("A"), of("B"), of("C"), of("D")), (Some("default"), Some("ci"), Some("ci"), Some("flag")));
    assert_eq!(of("ENVIRONMENT"), Some("CI"));
    assert_eq!(of("T"), None);
    assert_eq!(value(&workspace, "Default", "B"), Some("default"));
    assert!(!format!("{workspace:?}").contains("canary"));
}

#[test]
fn one_layer_that_gives_a_key_in_both_forms_is_an_error() {
    let workspace = open(&[
        ("config/environments/CI.yaml", "tokens: { A: 1 }\n"),
        ("config/substitutions/CI.conf", "A=2\n"),
    ]);
    assert_eq!(codes(&workspace), ["layer.twice"]);
}

#[test]
fn the_octopus_file_counts_only_under_octopus_or_alone() {
    let local = ("config/substitutions/Sensitive.Local.conf", "L=1\n");
    let octopus = ("config/substitutions/Sensitive.Octopus.conf", "O=1\n");
    let has = |workspace: Workspace| {
        let secrets = &workspace.environments[0].secrets;
        (secrets.contains_key("L"), secrets.contains_key("O"))
    };
    assert_eq!(has(open(&[local, octopus])), (true, false));
    assert_eq!(has(open(&[octopus])), (false, true));
    assert_eq!(has(open_with("", &[local, octopus], &[], true)), (false, true));
    assert_eq!(has(open_with("", &[local], &[], true)), (true, false));
}

#[test]
fn a_workspace_of_the_old_procedure_opens_unchanged() {
    let workspace = open_with(
        "src/",
        &[
            ("src/config/elastalert.yaml", "es_host: \"@@ES_HOST@@\"\n"),
            ("src/config/supervisord.conf", "[program:elastalert]\n"),
            (
                "src/config/substitutions/Default.conf",
                "ES_HOST=(your-es)\ngeneral-spike-5xxs.yaml.threshold_cur=10\nIMAGE_ID=i/e\n",
            ),
            ("src/config/substitutions/CI.conf", "general-spike-5xxs.yaml.threshold_cur=5\n"),
            ("src/config/rule_exclusions/rule_exclusions.CI.conf", "ci*\n\nx\n"),
            ("src/rules/general-spike-5xxs.yaml", "name: x\n"),
        ],
        &[],
        false,
    );
    assert!(workspace.findings.is_empty(), "{:?}", workspace.findings);
    let templates: Vec<&str> = workspace.templates.iter().map(|template| template.path.as_str()).collect();
    assert_eq!(
        templates,
        ["config/elastalert.yaml", "config/supervisord.conf", "rules/general-spike-5xxs.yaml"]
    );
    assert_eq!(value(&workspace, "CI", "general-spike-5xxs.yaml.threshold_cur"), Some("5"));
    let ci = &workspace.environments[1];
    assert_eq!(ci.exclusions.len(), 2);
    assert_eq!(ci.exclusions[1].place.to_string(), "src/config/rule_exclusions/rule_exclusions.CI.conf:3");
    assert_eq!(ci.target.image.as_deref(), Some("i/e"));
}

#[test]
fn settings_of_default_hold_for_all_and_are_overridden_key_by_key() {
    let workspace = open(&[
        (
            "config/environments/Default.yaml",
            "workspace: shop\nguard: open\norder: 5\nexclude: [a]\ntarget: { network: n, image: \"i:@@TAG@@\", env: { A: 1 } }\ntokens: { TAG: one }\n",
        ),
        (
            "config/environments/CI.yaml",
            "tokens: { TAG: two }\ntarget: { env: { B: 2 }, mounts: { logs: /l } }\ngate: { stable: 3s }\n",
        ),
    ]);
    assert!(workspace.findings.is_empty(), "{:?}", workspace.findings);
    assert_eq!(workspace.name, "shop");
    let ci = &workspace.environments[1];
    assert_eq!(ci.target.image.as_deref(), Some("i:two"));
    assert_eq!(ci.target.network.as_deref(), Some("n"));
    assert_eq!(ci.target.env.len(), 2);
    assert_eq!((ci.target.mounts.logs.as_str(), ci.target.mounts.config.as_str()), ("/l", "/opt/config"));
    assert_eq!((ci.gate.stable.as_secs(), ci.gate.deadline.as_secs()), (3, 60));
    assert_eq!(ci.guard, Guard::Open);
    assert_eq!(ci.order, 1_000, "a place in the pipeline is an environment's own");
    assert!(ci.exclusions.is_empty(), "an exclusion is an environment's own");
}

#[test]
fn a_secret_or_an_unknown_key_in_a_setting_is_an_error() {
    let workspace = open(&[(
        "config/environments/CI.yaml",
        "tokens: { TAG: x }\nsecrets: { S: { env: S } }\ntarget: { image: \"i:@@S@@\", user: \"@@TGA@@\" }\n",
    )]);
    assert_eq!(codes(&workspace), ["token.secret", "token.unknown"]);
    assert_eq!(workspace.findings[1].problem.hint.as_deref(), Some("did you mean `TAG`?"));
    assert_eq!(workspace.findings[0].environment, Some("CI".parse::<EnvName>().unwrap()));
}

#[test]
fn names_that_cannot_be_told_apart_or_cannot_be_names_are_errors() {
    let workspace = open(&[
        ("config/substitutions/CI.conf", "A=1\n"),
        ("config/substitutions/ci.conf", "A=1\n"),
        ("config/substitutions/default.conf", "A=1\n"),
        ("config/substitutions/a b.conf", "A=1\n"),
        ("config/substitutions/README.md", "x\n"),
        ("config/substitutions/.gitignore", "x\n"),
    ]);
    let mut found = codes(&workspace);
    found.sort_unstable();
    assert_eq!(found, ["environment.case", "environment.case", "environment.name", "workspace.stray"]);
}

#[test]
fn a_file_that_is_not_text_is_told_and_not_read() {
    let workspace = build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: vec![("config/substitutions/CI.conf".into(), Bytes::from(vec![0xff, b'=', b'1']))],
        problems: Vec::new(),
        set: &[],
        octopus: false,
    });
    assert_eq!(codes(&workspace), ["workspace.encoding"]);
    assert_eq!(names(&workspace), ["Default", "CI"], "it is there all the same, with an error");
    assert_eq!(workspace.findings[0].environment, Some("CI".parse::<EnvName>().unwrap()));
}

#[test]
fn a_misnamed_sensitive_file_is_no_environment_that_shows_its_values() {
    let files = [
        "config/substitutions/Sensitive.conf",
        "config/substitutions/sensitive.local.conf",
        "config/substitutions/Sensitive.CI.conf",
        "config/environments/SENSITIVE.yaml",
    ]
    .map(|path| (path, "PW: canary=1\n"));
    let workspace = open(&files);
    assert_eq!(names(&workspace), ["Default"]);
    assert_eq!(codes(&workspace), ["workspace.stray"; 4]);
    assert!(!format!("{workspace:?}").contains("canary"));
}
