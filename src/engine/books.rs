//! What `ElastAlert`'s own indices say: the newest run of each rule, and how many alerts were sent or could not be. An
//! index that is not there yet is an empty one, because `ElastAlert` makes it when it first has something to write.

use std::time::Duration;

use serde_json::{Value, json};

use crate::domain::health::{AlertCount, RuleRun};
use crate::domain::problem::{Problem, code};
use crate::domain::remote::Timestamp;
use crate::domain::text::sanitise;
use crate::engine::{Clock, Search};

/// How long one question may take, whoever is asked.
const PATIENCE: Duration = Duration::from_secs(12);

/// An index that is not there, or holds no such field, is no error.
const LENIENT: &str = "_search?ignore_unavailable=true&allow_no_indices=true";

/// Where the books of one environment are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Books {
    /// The search engine as this machine reaches it.
    pub(crate) url: String,
    /// The writeback index.
    pub(crate) index: Option<String>,
}

impl Books {
    /// Whether a search engine answers at all.
    pub(crate) async fn answers(&self, search: &impl Search, clock: &impl Clock) -> Result<(), Problem> {
        let answer = self.ask(search, clock, "/", None).await?;
        if answer.get("version").is_some() || answer.get("cluster_name").is_some() {
            return Ok(());
        }
        Err(Problem::new("search.answer", "something answers there, but it is no search engine")
            .hint("`search.url` of the environment must be the address of Elasticsearch or OpenSearch"))
    }

    /// The newest run of each rule within a day.
    pub(crate) async fn runs(
        &self,
        search: &impl Search,
        clock: &impl Clock,
    ) -> Result<Vec<RuleRun>, Problem> {
        let index = self.index()?;
        let question = json!({
            "size": 0,
            "query": { "range": { "@timestamp": { "gte": "now-24h" } } },
            "aggs": { "rules": {
                "terms": { "field": "rule_name", "size": 10_000 },
                "aggs": { "newest": { "max": { "field": "@timestamp" } } }
            } }
        });
        let answer = self.ask(search, clock, &format!("{index}_status/{LENIENT}"), Some(question)).await?;
        let buckets = answer.pointer("/aggregations/rules/buckets").and_then(Value::as_array);
        Ok(buckets.into_iter().flatten().filter_map(run).collect())
    }

    /// The alerts of the last day.
    pub(crate) async fn alerts(
        &self,
        search: &impl Search,
        clock: &impl Clock,
    ) -> Result<AlertCount, Problem> {
        let index = self.index()?;
        let failed = json!({ "bool": {
            "must": [{ "exists": { "field": "alert_exception" } }, { "term": { "alert_sent": false } }]
        } });
        let question = json!({
            "size": 1,
            "_source": ["alert_exception"],
            "query": { "range": { "alert_time": { "gte": "now-24h" } } },
            "post_filter": failed,
            "sort": [{ "alert_time": { "order": "desc", "unmapped_type": "date" } }],
            "aggs": {
                "sent": { "filter": { "term": { "alert_sent": true } } },
                "failed": { "filter": failed }
            }
        });
        let answer = self.ask(search, clock, &format!("{index}/{LENIENT}"), Some(question)).await?;
        let count = |name: &str| {
            answer
                .pointer(&format!("/aggregations/{name}/doc_count"))
                .and_then(Value::as_u64)
                .unwrap_or_default()
        };
        let failure = answer
            .pointer("/hits/hits/0/_source/alert_exception")
            .and_then(Value::as_str)
            .map(|text| sanitise(text.as_bytes()));
        Ok(AlertCount { sent: count("sent"), failed: count("failed"), failure })
    }

    fn index(&self) -> Result<&str, Problem> {
        self.index.as_deref().ok_or_else(|| {
            Problem::new("search.index", "the writeback index is not known")
                .why("neither `search.index` of the environment nor the rendered elastalert.yaml names it")
        })
    }

    /// Asks, but not for ever.
    async fn ask(
        &self,
        search: &impl Search,
        clock: &impl Clock,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, Problem> {
        tokio::select! {
            answer = search.ask(&self.url, path, body) => answer,
            () = clock.sleep(PATIENCE) => Err(
                Problem::new(code::SEARCH_UNREACHABLE, "the search engine did not answer in time")
                    .why(format!("it was given {} s", PATIENCE.as_secs())),
            ),
        }
    }
}

fn run(bucket: &Value) -> Option<RuleRun> {
    let rule = sanitise(bucket.get("key")?.as_str()?.as_bytes());
    let milliseconds = bucket.pointer("/newest/value")?.as_f64()?;
    #[expect(clippy::cast_possible_truncation, reason = "a time in milliseconds fits")]
    let at = Timestamp::from_millisecond(milliseconds as i64).ok()?;
    Some(RuleRun { rule, at })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::World as _;
    use crate::engine::fake::FakeWorld;

    fn world() -> FakeWorld {
        FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap())
    }

    fn books() -> Books {
        Books { url: "http://es:9200".into(), index: Some("status".into()) }
    }

    #[tokio::test(start_paused = true)]
    async fn runs_and_alerts_are_read() {
        let world = world();
        // As OpenSearch 3.4.0 answers.
        world.search().answer("status_status/", Ok(json!({"took":2,"hits":{"total":{"value":9}},"aggregations":{"rules":{
            "doc_count_error_upper_bound":0,"buckets":[
                {"key":"Spike\u{1b}[31m in 5xxs","doc_count":5,"newest":{"value":1.767_323_045E12,"value_as_string":"x"}},
                {"key":"odd","newest":{"value":null}}]}}})));
        let runs = books().runs(world.search(), world.clock()).await.unwrap();
        assert_eq!(
            runs,
            [RuleRun { rule: "Spike in 5xxs".into(), at: "2026-01-02T03:04:05Z".parse().unwrap() }]
        );
        world.search().answer(
            "status/_search",
            Ok(json!({"hits":{"total":{"value":1},"hits":[
            {"_source":{"alert_exception":"Error posting to slack: refused"}}]},
            "aggregations":{"sent":{"doc_count":12},"failed":{"doc_count":1}}})),
        );
        let alerts = books().alerts(world.search(), world.clock()).await.unwrap();
        assert_eq!((alerts.sent, alerts.failed), (12, 1));
        assert_eq!(alerts.failure.unwrap(), "Error posting to slack: refused");
    }

    #[tokio::test(start_paused = true)]
    async fn an_index_that_is_not_there_yet_is_empty() {
        let world = world();
        world.search().answer("_search", Ok(json!({"hits":{"total":{"value":0},"hits":[]}})));
        assert!(books().runs(world.search(), world.clock()).await.unwrap().is_empty());
        assert_eq!(books().alerts(world.search(), world.clock()).await.unwrap(), AlertCount::default());
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_else_at_that_address_is_no_search_engine() {
        let world = world();
        assert_eq!(
            books().answers(world.search(), world.clock()).await.unwrap_err().code,
            code::SEARCH_UNREACHABLE
        );
        world.search().answer("/", Ok(json!({"hello":"world"})));
        assert_eq!(books().answers(world.search(), world.clock()).await.unwrap_err().code, "search.answer");
        world.search().answer("/", Ok(json!({"version":{"number":"3.4.0","distribution":"opensearch"}})));
        books().answers(world.search(), world.clock()).await.unwrap();
    }
}
