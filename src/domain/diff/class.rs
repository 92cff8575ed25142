//! What a change touches, as one table from the keys of YAML to classes: where ElastAlert connects to, what it runs,
//! when, at what limits, whom it tells. The first row that fits decides.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;

use crate::domain::diff::mask::is_credential;
use crate::domain::problem::Problem;

/// What a change touches, the weightiest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Class {
    /// A secret, or what a key calls a credential.
    Secret,
    /// What is run: a command, a Python module.
    Exec,
    /// Where to: hosts, ports, certificates, the index for status.
    Endpoint,
    /// Who is told, and how it reads.
    Notify,
    /// From which number on.
    Threshold,
    /// How often, how far back, when not.
    Schedule,
    /// Something else that `ElastAlert` reads: filters, indices, types, names.
    Other,
    /// Nothing that `ElastAlert` reads: comments, blanks, order of keys, quotes.
    Cosmetic,
}

impl Class {
    /// All of them, in their order.
    pub const ALL: [Self; 8] = [
        Self::Secret,
        Self::Exec,
        Self::Endpoint,
        Self::Notify,
        Self::Threshold,
        Self::Schedule,
        Self::Other,
        Self::Cosmetic,
    ];

    /// Its name, as screens and JSON show it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Secret => "SECRET",
            Self::Exec => "EXEC",
            Self::Endpoint => "ENDPOINT",
            Self::Notify => "NOTIFY",
            Self::Threshold => "THRESHOLD",
            Self::Schedule => "SCHEDULE",
            Self::Other => "OTHER",
            Self::Cosmetic => "COSMETIC",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Class {
    type Err = Problem;

    /// Its name, in any case.
    fn from_str(text: &str) -> Result<Self, Problem> {
        let found = Self::ALL.into_iter().find(|class| class.name().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|class| class.name()).collect();
            Problem::new("class.unknown", format!("there is no class `{}`", text.escape_debug()))
                .hint(format!("it is one of {}", names.join(", ")))
        })
    }
}

/// How many changes there are of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClassCount(pub BTreeMap<Class, usize>);

impl ClassCount {
    /// Counts one more.
    pub fn add(&mut self, class: Class) {
        *self.0.entry(class).or_default() += 1;
    }

    /// Counts what another one counted as well.
    pub fn merge(&mut self, other: &Self) {
        for (class, count) in &other.0 {
            *self.0.entry(*class).or_default() += count;
        }
    }

    /// `ENDPOINT 2, SCHEDULE 1`.
    pub fn words(&self) -> String {
        self.0.iter().map(|(class, count)| format!("{class} {count}")).collect::<Vec<_>>().join(", ")
    }
}

/// The table: a key at the top of a rule or of `elastalert.yaml`, and what a change of it or below it touches. A `*`
/// stands for any end or beginning. What no row names is [`Class::Other`]: what is looked for (`filter`, `index`, the
/// fields that are counted or measured), and with what means (`max_threads`, `max_query_size`, `max_scrolling_count`).
const TABLE: &[(Class, &[&str])] = &[
    (
        Class::Exec,
        &[
            "command",
            "pipe_match_json",
            "pipe_alert_text",
            "fail_on_non_zero_exit",
            "match_enhancements",
            "enhancements",
            "modules",
            "module",
            "rules_loader",
            "loader",
            "jinja_filters",
            "logging",
        ],
    ),
    (
        Class::Notify,
        &[
            "alert",
            "alert_text*",
            "alert_subject*",
            "alert_missing_value",
            "alerta_*",
            "alertmanager_*",
            "assignment_group",
            "attach_related",
            "bcc",
            "caller_id",
            "category",
            "cc",
            "chatwork_*",
            "cmdb_ci",
            "comments",
            "custom_pretty_ts_format",
            "custom_details",
            "datadog_*",
            "description",
            "dingtalk_*",
            "discord_*",
            "email*",
            "exotel_*",
            "flashduty_*",
            "from_addr",
            "gelf_*",
            "generate_kibana*",
            "generate_opensearch*",
            "gitter_*",
            "googlechat_*",
            "hive_*",
            "http_post*",
            "include",
            "include_match_in_root",
            "include_rule_params_*",
            "indexer_*",
            "ioc_*",
            "iris_*",
            "jinja_*",
            "jira_*",
            "kibana_*",
            "lark_*",
            "line_*",
            "linenotify_*",
            "matrixhook*",
            "mattermost_*",
            "metric_format_string",
            "ms_power_automate_*",
            "ms_teams_*",
            "notify_*",
            "opensearch_discover_*",
            "opensearch_url",
            "opsgenie_*",
            "owner",
            "pagerduty_*",
            "pagertree_*",
            "percentage_format_string",
            "priority",
            "raw_count_keys",
            "rocket_chat_*",
            "service_now_*",
            "servicenow_*",
            "ses_*",
            "short_description",
            "shorten_*",
            "slack_*",
            "smseagle_*",
            "smtp_*",
            "sns_*",
            "sqs_*",
            "squadcast_*",
            "stomp_*",
            "subcategory",
            "summary_*",
            "telegram_*",
            "tencent_sms_*",
            "top_count_*",
            "twilio_*",
            "username",
            "victorops_*",
            "webex_*",
            "work_wechat_*",
            "workwechat_*",
            "yzj_*",
            "zbx_*",
        ],
    ),
    (
        Class::Schedule,
        &[
            "aggregate_by_match_time",
            "aggregation",
            "aggregation_alert_time_compared_with_timestamp_field",
            "aggregation_key",
            "alert_time_limit",
            "allow_buffer_time_overlap",
            "bucket_*",
            "buffer_time",
            "exponential_realert",
            "is_enabled",
            "jitter*",
            "limit_execution*",
            "max_aggregation",
            "misfire_grace_time",
            "old_query_limit",
            "query_delay",
            "query_timezone",
            "realert",
            "realert_key",
            "run_every",
            "scan_entire_timeframe",
            "scheduler*",
            "sync_bucket_interval",
            "terms_window_size",
            "timeframe",
            "timezone",
            "use_run_every_query_size",
            "window_step_size",
        ],
    ),
    (
        Class::Threshold,
        &[
            "max_cardinality",
            "max_percentage",
            "max_threshold",
            "min_cardinality",
            "min_denominator",
            "min_doc_count",
            "min_percentage",
            "min_threshold",
            "num_events",
            "percentile_range",
            "spike_*",
            "threshold*",
        ],
    ),
    (
        Class::Endpoint,
        &[
            "aws_region",
            "ca_certs",
            "client_cert",
            "client_key",
            "elasticsearch_*",
            "es_*",
            "profile",
            "prometheus_*",
            "ssl_*",
            "statsd_*",
            "url",
            "use_ssl",
            "verify_certs",
            "writeback_*",
            "*_host",
            "*_hosts",
            "*_port",
            "*_proxy",
            "*_url",
        ],
    ),
];

/// What a change of a value touches. `keys` is its path without the indices of lists, `value` what it is on either side
/// where that is a text: a custom type or alerter is named by its Python module.
pub fn of_value(keys: &[&str], values: &[Option<&str>]) -> Class {
    let Some(top) = keys.first() else { return Class::Other };
    if keys.iter().any(|key| is_credential(key)) {
        return Class::Secret;
    }
    let module = || values.iter().flatten().any(|value| value.contains('.'));
    let runs = match *top {
        "type" => module(),
        "alert" => keys.iter().skip(1).any(|key| fits(Class::Exec, key)) || keys.len() == 1 && module(),
        _ => false,
    };
    if runs {
        return Class::Exec;
    }
    TABLE
        .iter()
        .find(|(_, rows)| rows.iter().any(|row| matches(row, top)))
        .map_or(Class::Other, |(class, _)| *class)
}

/// What a change of a file touches that is not YAML: what supervisord and Python read is run.
pub fn of_file(path: &str) -> Class {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    let name = path.rsplit('/').next().unwrap_or_default();
    if matches!(ending, "py" | "sh") || name == "supervisord.conf" { Class::Exec } else { Class::Other }
}

fn fits(class: Class, key: &str) -> bool {
    TABLE.iter().any(|(other, rows)| *other == class && rows.iter().any(|row| matches(row, key)))
}

fn matches(row: &str, key: &str) -> bool {
    match (row.strip_suffix('*'), row.strip_prefix('*')) {
        (Some(front), _) => key.starts_with(front),
        (_, Some(end)) => key.ends_with(end),
        _ => row == key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(path: &str) -> Class {
        let keys: Vec<&str> = path.split('.').collect();
        of_value(&keys, &[])
    }

    #[test]
    fn keys_tell_what_a_change_touches() {
        for (path, expected) in [
            ("es_host", Class::Endpoint),
            ("es_port", Class::Endpoint),
            ("writeback_index", Class::Endpoint),
            ("kafka_url", Class::Endpoint),
            ("es_password", Class::Secret),
            ("slack_webhook_url", Class::Secret),
            ("slack_channel_override", Class::Notify),
            ("email", Class::Notify),
            ("alert", Class::Notify),
            ("alert.email.to", Class::Notify),
            ("alert.command.command", Class::Exec),
            ("command", Class::Exec),
            ("match_enhancements", Class::Exec),
            ("run_every.minutes", Class::Schedule),
            ("alert_time_limit.days", Class::Schedule),
            ("aggregation.schedule", Class::Schedule),
            ("timeframe.hours", Class::Schedule),
            ("num_events", Class::Threshold),
            ("threshold_cur", Class::Threshold),
            ("spike_height", Class::Threshold),
            ("filter.query.query_string.query", Class::Other),
            ("filter.term.command", Class::Other),
            ("index", Class::Other),
            ("max_threads", Class::Other),
            ("max_query_size", Class::Other),
            ("max_scrolling_count", Class::Other),
            ("terms_size", Class::Other),
            ("cardinality_field", Class::Other),
            ("metric_agg_key", Class::Other),
            ("max_cardinality", Class::Threshold),
            ("min_threshold", Class::Threshold),
            ("max_aggregation", Class::Schedule),
            ("telegram_proxy_pass", Class::Secret),
            ("datadog_app_key", Class::Secret),
            ("webex_webhook_msgtype", Class::Notify),
            ("opensearch_url", Class::Notify),
            ("logging.handlers.console", Class::Exec),
            ("jinja_filters", Class::Exec),
            ("", Class::Other),
        ] {
            assert_eq!(class(path), expected, "{path}");
        }
    }

    #[test]
    fn a_custom_type_or_alerter_is_code() {
        assert_eq!(of_value(&["type"], &[Some("any"), Some("my.module.Rule")]), Class::Exec);
        assert_eq!(of_value(&["type"], &[Some("any"), Some("spike")]), Class::Other);
        assert_eq!(of_value(&["alert"], &[None, Some("mine.Alerter")]), Class::Exec);
        assert_eq!(of_value(&["alert"], &[None, Some("slack")]), Class::Notify);
    }

    #[test]
    fn files_that_are_run_are_code() {
        assert_eq!(of_file("config/supervisord.conf"), Class::Exec);
        assert_eq!(of_file("rules/x.py"), Class::Exec);
        assert_eq!(of_file("rules/list.txt"), Class::Other);
    }

    #[test]
    fn names_are_read_in_any_case() {
        for class in Class::ALL {
            assert_eq!(class.name().to_lowercase().parse(), Ok(class));
        }
        assert!("x".parse::<Class>().unwrap_err().hint.unwrap().contains("EXEC"));
    }

    #[test]
    fn whatever_an_alerter_reads_tells_whom_or_how_it_alerts() {
        let facts = crate::domain::check::facts::elastalert();
        let required = facts.alerters.values().flat_map(|alerter| &alerter.required);
        for key in required {
            let class = of_value(&[key], &[]);
            assert!(matches!(class, Class::Notify | Class::Secret | Class::Exec), "{key} is {class}");
        }
    }

    #[test]
    fn what_counts_for_a_threshold_is_a_key_of_a_kind_of_rule() {
        let facts = crate::domain::check::facts::elastalert();
        let limits: Vec<&String> =
            facts.rule.keys.iter().filter(|key| of_value(&[key], &[]) == Class::Threshold).collect();
        assert_eq!(
            limits,
            [
                "max_cardinality",
                "max_percentage",
                "max_threshold",
                "min_cardinality",
                "min_denominator",
                "min_doc_count",
                "min_percentage",
                "min_threshold",
                "num_events",
                "percentile_range",
                "spike_height",
                "spike_type",
                "threshold",
                "threshold_cur",
                "threshold_ref",
            ]
        );
    }

    #[test]
    fn no_row_stands_in_two_classes() {
        let mut rows: Vec<&str> = TABLE.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
        let all = rows.len();
        rows.sort_unstable();
        rows.dedup();
        assert_eq!(rows.len(), all);
    }
}
