//! Whether an unknown key is surely a known one written wrongly. Templates and enhancements may read any key of a rule,
//! so that only a slip of the hand counts: a letter or two, a dash, capitals; never another word or number.

use crate::domain::yaml::{Node, Value};

/// Known keys at least so long may differ in two letters.
const LONG: usize = 12;

/// Known keys at least so long may differ in one.
const SHORT: usize = 4;

/// Single words that every rule has; another word with or without its `s` at the end may be somebody's own.
const COMMON: [&str; 6] = ["alert", "filter", "import", "include", "name", "type"];

/// The known key that is meant.
pub(in crate::domain::check) fn meant<'a>(
    unknown: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let ours = plain(unknown);
    let known: Vec<&str> = known.into_iter().collect();
    // `alert_type` is no `alerta_type`: its first word is one that others begin with.
    let begins = known.iter().any(|key| first(&plain(key)) == first(&ours));
    known
        .into_iter()
        .filter(|key| !begins || first(&plain(key)) == first(&ours) || bare(&plain(key)) == bare(&ours))
        .filter_map(|key| {
            let theirs = plain(key);
            let length = theirs.chars().count().min(ours.chars().count());
            if !COMMON.contains(&key)
                && !ours.contains('_')
                && ours.trim_end_matches('s') == theirs.trim_end_matches('s')
            {
                return (ours == theirs).then_some((0, key));
            }
            let most = match length {
                LONG.. => 2,
                SHORT.. => 1,
                _ => 0,
            };
            if length.abs_diff(theirs.chars().count().max(ours.chars().count())) > 2
                || digits(&ours) != digits(&theirs)
            {
                return None;
            }
            let distance =
                if bare(&ours) == bare(&theirs) { 0 } else { strsim::osa_distance(&ours, &theirs) };
            let close = distance <= most && (distance < 2 || ours.chars().next() == theirs.chars().next());
            close.then_some((distance, key))
        })
        .min()
        .map(|(_, key)| key)
}

fn plain(key: &str) -> String {
    key.to_lowercase().replace(['-', ' '], "_")
}

/// The first of several words; of a single one, nothing.
fn first(key: &str) -> &str {
    key.split_once('_').map_or("", |(first, _)| first)
}

fn bare(key: &str) -> String {
    key.replace('_', "")
}

fn digits(key: &str) -> String {
    key.chars().filter(char::is_ascii_digit).collect()
}

/// Whether a rule names this key of its own in one of its texts: in a template, or among the arguments of one.
pub(super) fn is_used(key: &str, root: &Node) -> bool {
    match &root.value {
        Value::Text(text) => has_word(text.as_str(), key),
        Value::Mapping(entries) => entries.iter().any(|(_, value)| is_used(key, value)),
        Value::Sequence(items) | Value::Tuple(items) => items.iter().any(|item| is_used(key, item)),
        _ => false,
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let part = |found: char| found == '_' || found.is_alphanumeric();
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at.saturating_add(word.len())..).and_then(|after| after.chars().next());
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::facts;

    fn near(key: &str) -> Option<&'static str> {
        facts::elastalert().nearest_key(key)
    }

    #[test]
    fn slips_of_the_hand_are_found() {
        for (wrong, right) in [
            ("realertt", "realert"),
            ("filterr", "filter"),
            ("filters", "filter"),
            ("alerts", "alert"),
            ("num_events_", "num_events"),
            ("Index", "index"),
            ("query-key", "query_key"),
            ("alertText", "alert_text"),
            ("num_event", "num_events"),
            ("slack_webook_url", "slack_webhook_url"),
            ("slack_channel_overide", "slack_channel_override"),
            ("pagerduty_sevrice_kye", "pagerduty_service_key"),
            ("jira_asignee", "jira_assignee"),
        ] {
            assert_eq!(near(wrong), Some(right), "{wrong}");
        }
    }

    #[test]
    fn words_of_somebody_own_are_not() {
        let own = "runbook runbook_url severity service team env environment tags tier dashboard_url summary customer \
                   impact title channel source region cluster product component namespace contact escalation ticket \
                   alert_url alert_name alert_type alert_key alert_text2 alert_team alert_owner alert_level \
                   alert_channel status state level host hosts app application group mitre mitre_attack tactics \
                   techniques references author date version id uuid falsepositives logsource detection kind label \
                   labels sla slack_team slack_user email_team site country links query queries notes comment \
                   our_team x_team sigma_id playbook documentation threshold_warning threshold_critical es_cluster \
                   rule_id rule_owner rule_version metric_name metric_unit index_pattern time_window";
        for key in own.split_whitespace() {
            let facts = facts::elastalert();
            assert!(facts.knows_rule_key(key) || near(key).is_none(), "{key}: {:?}", near(key));
        }
    }

    #[test]
    fn a_key_is_used_where_a_text_names_it() {
        let used = |text: &str| is_used("owners", &crate::domain::yaml::parse(text).unwrap().root);
        assert!(used("alert_text_args: [a, owners]"));
        assert!(used("alert: [{slack: {alert_text: 'x {{ owners }}'}}]"));
        assert!(!used("owners: x\nalert_text: 'landowners'"));
    }
}
