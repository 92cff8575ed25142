//! Templates with what Jinja2 3.1.6 says of each, recorded in ElastAlert's image.
//! No template may end the program, however deep it nests.

use proptest::prelude::*;

use super::grammar::compile;

/// Each line: the template and either nothing or the class, the line and the message.
const RECORDED: &str = include_str!("recorded.jsonl");

type Says = Option<(String, Option<usize>, String)>;

#[test]
fn templates_are_refused_as_jinja_refuses_them() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in RECORDED.lines() {
        let (template, says): (String, Says) = serde_json::from_str(line).unwrap();
        let ours = compile(&template).err().map(|own| {
            // What Python says of the program speaks of places in that program.
            let message = if own.class.starts_with("Template") { own.message } else { String::new() };
            (own.class.to_owned(), own.line, message)
        });
        count += 1;
        if ours != says {
            wrong.push(format!("{template:?}\n  Jinja2: {says:?}\n  here:   {ours:?}"));
        }
    }
    assert!(count > 300, "{count} are recorded");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_template_that_nests_too_deep_is_refused_and_ends_nothing() {
    for (open, close) in [("(", ")"), ("[", "]"), ("f(", ")"), ("- ", ""), ("not ", ""), ("a if a else ", "")]
    {
        let template = format!("{{{{ {}a{} }}}}", open.repeat(100_000), close.repeat(100_000));
        assert_eq!(compile(&template).unwrap_err().class, "RecursionError", "{open}");
    }
    assert_eq!(compile(&"{% if a %}".repeat(100_000)).unwrap_err().class, "RecursionError");
}

proptest! {
    #[test]
    fn any_template_has_an_answer(parts in prop::collection::vec(r#"\{\{|\}\}|\{%-?|-?%\}|\{#|#\}|[a-z]{1,3}|"|'|\\|[(\[{})\]]|[-+*/|.,:=]| |for|in|if|is|set|raw|\PC"#, 0..40)) {
        let template = parts.concat();
        let lines = template.matches(['\n', '\r']).count() + 1;
        if let Err(refused) = compile(&template) {
            prop_assert!(refused.line.is_none_or(|line| (1..=lines).contains(&line)), "{refused:?}");
        }
    }
}
