//! A workspace of other days, as it may be compared with today's: its layers are its own, its secrets are those of
//! today. No provider that only it names is asked, because nobody may have looked at what it would run.

use std::sync::Arc;

use crate::domain::layer::{LayerValue, Resolved};
use crate::domain::secret::placeholder;
use crate::domain::workspace::Environment;

/// Makes every secret of today one of the environment of other days, with today's provider. What is a secret only
/// there stays one, without a provider.
pub fn adopt_secrets(then: &mut Environment, today: &Environment) {
    then.secrets.retain(|key, _| today.secrets.contains_key(key));
    for (key, source) in &today.secrets {
        then.secrets.insert(key.clone(), source.clone());
        match then.values.get_mut(key) {
            Some(resolved) => hide(key, resolved),
            None => {
                if let Some(resolved) = today.values.get(key) {
                    then.values.insert(key.clone(), resolved.clone());
                }
            }
        }
    }
}

fn hide(key: &str, resolved: &mut Resolved) {
    resolved.value = None;
    for LayerValue { shown, .. } in Arc::make_mut(&mut resolved.chain) {
        *shown = placeholder(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::secret::SecretSource;
    use crate::domain::template::Bytes;
    use crate::domain::workspace::build::{Sources, build};

    fn environment(default: &str) -> Environment {
        let workspace = build(Sources {
            root: "/w".into(),
            prefix: "",
            revision: 1,
            files: vec![(
                "config/environments/Default.yaml".to_owned(),
                Bytes::from(default.as_bytes().to_vec()),
            )],
            problems: Vec::new(),
            set: &[],
            octopus: false,
        });
        workspace.environments[0].clone()
    }

    #[test]
    fn what_is_a_secret_today_was_one_then_and_is_asked_of_today() {
        let mut then =
            environment("tokens: { HOOK: canary, A: 1 }\nsecrets: { OLD: { command: [rm, x] } }\n");
        let today = environment("tokens: { A: 2 }\nsecrets: { HOOK: { env: HOOK }, NEW: { env: NEW } }\n");
        adopt_secrets(&mut then, &today);
        assert!(!format!("{then:?}").contains("canary"), "{then:?}");
        assert_eq!(then.values["HOOK"].value, None);
        assert_eq!(then.values["A"].value.as_deref(), Some("1"), "layers are of those days");
        assert_eq!(then.secrets["HOOK"], SecretSource::Variable("HOOK".into()));
        assert!(then.values.contains_key("NEW"));
        assert_eq!(then.values["OLD"].value, None);
        assert!(!then.secrets.contains_key("OLD"), "what only those days name is not run");
    }
}
