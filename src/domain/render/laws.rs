//! Laws of rendering, whatever the files and the values hold. What is not asked for does not change, what changes says
//! where it comes from, and no value gets out of its place in the YAML.

use proptest::prelude::*;

use super::*;
use crate::domain::check::Severity;
use crate::domain::template::Bytes;
use crate::domain::workspace::build::{Sources, build};

fn workspace(files: &[(&str, &[u8])], set: &[(String, String)]) -> Workspace {
    build(Sources {
        root: "/w".into(),
        prefix: "",
        revision: 1,
        files: files.iter().map(|(path, bytes)| ((*path).to_owned(), Bytes::from(bytes.to_vec()))).collect(),
        problems: Vec::new(),
        set,
        octopus: false,
    })
}

fn ci(workspace: &Workspace) -> Rendering {
    let environment = workspace.environment(&"CI".parse().unwrap()).unwrap();
    render(workspace, environment, &BTreeMap::new())
}

/// What a person, a program or an accident puts into a value.
fn value() -> impl Strategy<Value = String> {
    let nasty = prop::sample::select(vec![
        "\"",
        "'",
        "\\",
        "\n",
        "\r\n",
        "\t",
        "#",
        " #",
        ": ",
        ":",
        "- ",
        "? ",
        "&a",
        "*a",
        "!t",
        "!!str ",
        "%",
        "@",
        "`",
        "|",
        ">",
        "{",
        "}",
        "[",
        "]",
        ",",
        "@@X@@",
        "@@",
        "\0",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "ä",
        "日本",
        "🦀",
        "---",
        "...",
        "<<",
        "=",
        "~",
        "on",
        "010",
        "1:30",
        "1e3",
        "2024-01-02",
        ".nan",
        "$HOME",
        "${X}",
        " ",
        "x",
        "0",
        "-",
        "null",
        "\u{1b}[2J",
    ]);
    prop_oneof![
        4 => prop::collection::vec(nasty, 0..5).prop_map(|pieces| pieces.concat()),
        1 => any::<String>(),
        1 => "[a-z0-9._/-]{0,8}",
    ]
}

/// Templates in which a token stands in every kind of place.
const PLACES: [&str; 14] = [
    "a: @@V@@\nb: 1\n",
    "a: \"@@V@@\"\nb: 1\n",
    "a: '@@V@@'\nb: 1\n",
    "a: x @@V@@ y\nb: 1\n",
    "a: \"x @@V@@ y\"\n",
    "a: [@@V@@, 'z']\n",
    "a: {b: @@V@@, c: d}\n",
    "a: |\n  x\n  @@V@@\n  y\nb: 1\n",
    "a: >\n  x @@V@@\nb: 1\n",
    "@@V@@: 1\nb: 2\n",
    "# @@V@@\na: 1\n",
    "a: &x\n  - @@V@@\nb: *x\n",
    "a: 1 # @@V@@\nb: @@V@@\n",
    "- @@V@@\n- b\n",
];

/// Two values of one shape: the same collections, the same number of things in them, and the same scalars but for those
/// that hold the word.
fn same_shape(real: &Node, model: &Node) -> bool {
    let all = |real: &[Node], model: &[Node]| {
        real.len() == model.len() && real.iter().zip(model).all(|(real, model)| same_shape(real, model))
    };
    match (&real.value, &model.value) {
        (Value::Mapping(real), Value::Mapping(model)) => {
            real.len() == model.len()
                && real
                    .iter()
                    .zip(model)
                    .all(|(real, model)| same_shape(&real.0, &model.0) && same_shape(&real.1, &model.1))
        }
        (Value::Sequence(real), Value::Sequence(model)) => all(real, model),
        _ => real.is_scalar() && (real == model || model.text().is_some_and(|text| text.contains("zzword"))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_value_keeps_the_shape_of_its_template_or_is_refused(place in prop::sample::select(PLACES.to_vec()), value in value()) {
        let set = [("V".to_owned(), value.clone())];
        let workspace = workspace(
            &[("config/elastalert.yaml", place.as_bytes()), ("config/environments/CI.yaml", b"")],
            &set,
        );
        let rendering = ci(&workspace);
        let refused = rendering.findings.iter().any(|finding| {
            finding.severity == Severity::Error
                && (finding.problem.code.starts_with("token.") || finding.problem.code.starts_with("yaml."))
        });
        if !refused {
            let text = String::from_utf8(rendering.config().unwrap().bytes.to_vec()).unwrap();
            let model = yaml::parse(&place.replace("@@V@@", "zzword")).unwrap();
            match yaml::parse(&text) {
                Ok(real) => prop_assert!(same_shape(&real.root, &model.root), "{value:?} in {place:?}"),
                Err(error) => prop_assert!(false, "{value:?} in {place:?}: {}", error.words()),
            }
        }
    }

    #[test]
    fn what_holds_no_token_is_rendered_byte_for_byte(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in "[ -~\\n\\r\\t\u{feff}ä@]{0,120}",
    ) {
        let text = text.replace("@@", "@");
        let plain: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'@').collect();
        for bytes in [text.as_bytes(), &plain] {
            let files = ["config/elastalert.yaml", "config/x/any.bin", "rules/r.yaml", "rules/l.txt"];
            let mut all: Vec<(&str, &[u8])> = files.iter().map(|path| (*path, bytes)).collect();
            all.push(("config/environments/CI.yaml", b"tokens: { V: x }\n"));
            let workspace = workspace(&all, &[]);
            for file in &ci(&workspace).files {
                prop_assert_eq!(&file.bytes[..], bytes, "{}", &file.path);
                prop_assert!(file.insertions.is_empty());
            }
        }
    }

    #[test]
    fn every_other_byte_stays_and_every_change_names_a_line_that_holds_its_key(
        pieces in prop::collection::vec("[a-c:# \\n\"-]{0,6}|@@(A|B\\.c|d-1|NO)@@|@|ä|\\r\\n", 0..14),
        values in prop::collection::vec("[ -~ä]{0,6}", 3),
        lower in "[a-z]{0,4}",
    ) {
        let template = pieces.concat();
        let conf: String =
            ["A", "B.c", "d-1"].iter().zip(&values).map(|(key, value)| format!("{key}={value}\n")).collect::<Vec<_>>().concat();
        let native = format!("tokens:\n  A: {lower:?}\n  B.c: x\n");
        let files: [(&str, &[u8]); 4] = [
            ("config/elastalert.yaml", template.as_bytes()),
            ("rules/r.txt", template.as_bytes()),
            ("config/environments/Default.yaml", native.as_bytes()),
            ("config/substitutions/CI.conf", conf.as_bytes()),
        ];
        let workspace = workspace(&files, &[]);
        let rendering = ci(&workspace);
        prop_assert_eq!(&rendering, &ci(&workspace), "rendering twice is the same");
        for file in &rendering.files {
            let mut back = Vec::new();
            let (mut at, mut there) = (0, 0);
            for insertion in &file.insertions {
                prop_assert_eq!(&file.bytes[at..insertion.range.start], &template.as_bytes()[there..insertion.replaced.start]);
                back.extend_from_slice(&file.bytes[at..insertion.range.start]);
                back.extend_from_slice(&template.as_bytes()[insertion.replaced.clone()]);
                (at, there) = (insertion.range.end, insertion.replaced.end);
                prop_assert!(!insertion.chain.is_empty());
                for link in insertion.chain.iter() {
                    let place = link.place.as_ref().unwrap();
                    let text = files.iter().find(|(path, _)| *path == place.file).map(|(_, text)| *text);
                    let text = std::str::from_utf8(text.unwrap()).unwrap();
                    let line = text.lines().nth(place.line as usize - 1).unwrap();
                    prop_assert!(line.contains(&insertion.key), "{line:?} of {place}");
                }
                let line = template.split('\n').nth(insertion.template.line as usize - 1).unwrap();
                prop_assert!(line.contains(&format!("@@{}@@", insertion.key)), "{line:?}");
            }
            back.extend_from_slice(&file.bytes[at..]);
            prop_assert_eq!(back, template.as_bytes());
        }
    }

    #[test]
    fn overlays_touch_only_their_lines(
        keys in prop::collection::vec("[a-e]", 1..5),
        olds in prop::collection::vec("[0-9]{1,3}|'[a-z ]{0,4}'|x # why|\\[1, 2\\]|\n  - 1 # one\n  - 2|\n  k: v\n  # end|\\|\n  text", 5),
        new in "[0-9]{1,3}|word|\\[7, 8\\]|\\{k: w\\}",
        key in "[a-g]",
    ) {
        let mut keys = keys;
        keys.sort();
        keys.dedup();
        let template: String =
            keys.iter().zip(&olds).map(|(key, old)| format!("# about {key}\n{key}: {old}\n")).collect::<Vec<_>>().concat();
        let native = format!("config: {{ {key}: {new} }}\n");
        let workspace = workspace(
            &[("config/elastalert.yaml", template.as_bytes()), ("config/environments/CI.yaml", native.as_bytes())],
            &[],
        );
        let rendering = ci(&workspace);
        let text = String::from_utf8(rendering.config().unwrap().bytes.to_vec()).unwrap();
        let part = |text: &str, key: &str| -> String {
            let begin = text.find(&format!("# about {key}\n")).unwrap();
            let rest = text.get(begin..).unwrap();
            rest.find("\n# about ").map_or(rest, |end| rest.get(..=end).unwrap()).to_owned()
        };
        for other in keys.iter().filter(|other| **other != key) {
            let mut after = part(&text, other);
            if !keys.contains(&key) && keys.last() == Some(other) {
                // A key that is not there yet comes at the end.
                after.truncate(after.rfind(&format!("{key}: ")).unwrap());
            }
            prop_assert_eq!(after, part(&template, other));
        }
        let refused = rendering.findings.iter().any(|finding| finding.problem.code == "overlay.refused");
        let meant = yaml::parse(&new).unwrap().root;
        let root = yaml::parse(&text).unwrap().root;
        prop_assert!(refused || root.get(&key) == Some(&meant), "{text}");
    }
}

#[test]
fn what_reads_as_a_secret_and_is_none_counts_in_the_hash() {
    let layer: &[u8] = b"secrets: { S: { env: S } }\n";
    let hash = |text: &str, secret: &str| {
        let files: [(&str, &[u8]); 2] =
            [("config/environments/CI.yaml", layer), ("rules/list.txt", text.as_bytes())];
        let workspace = workspace(&files, &[]);
        let environment = workspace.environment(&"CI".parse().unwrap()).unwrap();
        let secrets = BTreeMap::from([("S".to_owned(), Secret::new(secret.to_owned()))]);
        render(&workspace, environment, &secrets).hash
    };
    assert_ne!(hash("@@S@@ one\n", "one"), hash("@@S@@ two\n", "two"));
    assert_ne!(hash("@@S@@ ‹secret S›\n", "one"), hash("@@S@@ @@S@@\n", "one"));
    assert_eq!(hash("@@S@@\n", "one"), hash("@@S@@\n", "two"));
}
