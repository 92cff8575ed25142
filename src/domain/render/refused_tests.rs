//! Files that Python would not load, as they are told: with the error, its place in the template and what ElastAlert
//! makes of it. Where the text holds secrets nothing of it is repeated.

use super::tests::{CONFIG_TEXT, codes, of, workspace};

#[test]
fn what_python_refuses_is_told_at_its_place_and_with_its_error() {
    let told = |line: &str| {
        let workspace = workspace(&[
            ("config/elastalert.yaml", CONFIG_TEXT),
            ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\nLONG=longer than its token\n"),
            ("rules/a.yaml", &format!("name: A # @@LONG@@\ntype: any\nindex: i\nalert: debug\n{line}\n")),
        ]);
        let default = of(&workspace, "Default", &[]);
        let told = default.findings.iter().map(|f| format!("{} {}", f.problem.code, f.problem));
        told.collect::<Vec<_>>().join("\n")
    };
    for (line, code, at, words, end) in [
        (
            "k:\tv",
            "yaml.syntax",
            "5:3",
            "found character '\\t' that cannot start any token",
            "this ScannerError, unless",
        ),
        ("\tk: v", "yaml.syntax", "5:1", "found character '\\t'", "this ScannerError, unless"),
        ("k: [a", "yaml.syntax", "6:1", "expected ',' or ']'", "this ParserError, whatever"),
        ("k: [\na\nb: c", "yaml.syntax", "7:2", "begins in line 5", "this ParserError, whatever"),
        (
            "k: *nowhere",
            "yaml.syntax",
            "5:4",
            "found undefined alias 'nowhere'",
            "this ComposerError, whatever",
        ),
        ("k: a\u{7}", "yaml.syntax", "5:5", "unacceptable character #x0007", "this ReaderError, whatever"),
        ("---\nk: v", "yaml.documents", "5:1", "more than one document", "this ComposerError, whatever"),
        ("k: =", "yaml.value", "5:4", "could not determine a constructor", "this ConstructorError, whatever"),
        (
            "k: <<",
            "yaml.value",
            "5:4",
            "could not determine a constructor",
            "this ConstructorError, whatever",
        ),
        ("k: !mine v", "yaml.value", "5:4", "for the tag '!mine'", "this ConstructorError, whatever"),
        ("k: 2024-13-45", "yaml.value", "5:4", "month must be in 1..12", "this ValueError, whatever"),
        ("k: !!int x", "yaml.value", "5:4", "invalid literal for int() with base 10: 'x'", "this ValueError"),
        ("k: !!bool x", "yaml.value", "5:4", "'x'", "this KeyError, whatever"),
        ("? {a: b}\n: c", "yaml.value", "5:3", "found unhashable key", "this ConstructorError, whatever"),
        ("k: &a [*a]", "yaml.limit", "rules/a.yaml", "a value that contains itself", ""),
    ] {
        let told = told(line);
        assert!(told.starts_with(&format!("{code} rules/a.yaml")) && told.contains(at), "{line:?}: {told}");
        assert!(told.contains(words) && told.contains(end), "{line:?}: {told}");
        assert!(!told.contains('\n'), "{told}");
    }
    assert_eq!(told("k: 08\nl: on\n= : 1\nm: 1:30"), "");
    assert_eq!(
        told("k: {a: 1, 'a': 2, b: {c: 1, c: 2}}").matches("yaml.duplicate").count(),
        2,
        "also within mappings"
    );
    assert_eq!(told("k: &m {a: 1}\nl: {<<: *m, a: 2}"), "", "what is merged is overridden, not given twice");
}

#[test]
fn a_secret_that_cannot_be_loaded_is_told_without_being_quoted() {
    for (around, secret, code) in [
        ("k: @@S@@", "2024-13-45", "yaml.value"),
        ("k: 2024-@@S@@-45", "99", "yaml.value"),
        ("k: !!int @@S@@", "canary", "yaml.value"),
        ("k: !!bool @@S@@", "canary", "yaml.value"),
        ("k: !!float @@S@@", "canary", "yaml.value"),
        ("k: !!timestamp @@S@@", "canary", "yaml.value"),
        ("k: !!binary @@S@@", "canary-", "yaml.value"),
        ("k: !@@S@@ x", "canary", "yaml.syntax"),
        ("k: *@@S@@", "canary", "yaml.syntax"),
        ("k: &@@S@@ x\nl: &canary y", "canary", "yaml.syntax"),
        ("k: @@S@@", "*canary", "token.shape"),
        ("k: @@S@@", "!canary x", "token.shape"),
        ("k: @@S@@", "!!int canary", "token.shape"),
        ("k: @@S@@", "canary: 9Q: x", "token.shape"),
        ("k: @@S@@", "canary\n---\n9Q", "token.shape"),
        ("k: @@S@@", "@canary", "token.shape"),
        ("k: @@S@@", "[canary", "token.shape"),
        ("k: \"@@S@@\"", "canary\\q", "token.shape"),
        ("k: \"@@S@@\"", "canary\u{1}", "token.shape"),
        ("k: @@S@@", "canary\u{7}9Q", "token.shape"),
        ("%TAG @@S@@\n---\nk: x", "canary", "yaml.syntax"),
        ("k: |@@S@@\n x", "canary", "yaml.syntax"),
    ] {
        let workspace = workspace(&[
            ("config/elastalert.yaml", CONFIG_TEXT),
            ("config/substitutions/Default.conf", "ES_HOST=a\nES_PORT=1\n"),
            ("config/substitutions/Sensitive.Local.conf", "S=x\n"),
            ("rules/a.yaml", &format!("{around}\nname: A\ntype: any\nindex: i\nalert: debug\n")),
        ]);
        let using = of(&workspace, "Default", &[("S", secret)]);
        let shown = format!("{:?}", using.findings);
        assert!(codes(&using).contains(&code), "{around:?} {secret:?}: {shown}");
        for piece in ["canary", "9Q", "2024", "99", "#x0"] {
            assert!(!shown.contains(piece), "{around:?} {secret:?}: {shown}");
        }
    }
}
