//! A logs volume whose owner no longer fits, and what a person is told about it. That the real engine and the real image
//! end so was seen: supervisord cannot open its log and exits with 1.

use super::bench::{Bench, IMAGE, good};
use crate::domain::environment::Endpoint;
use crate::domain::problem::Problem;
use crate::engine::deploy::logs::explained;

#[tokio::test(start_paused = true)]
async fn a_logs_volume_of_somebody_else_is_named_with_the_way_out() {
    let mut bench = Bench::new();
    bench.environment.target.user = Some("1000:1000".into());
    let plan = bench.plan(&good("one")).await;
    let exited = |path: &str| {
        Problem::new("gate.exited", "the container exited with 1")
            .why(format!("PermissionError: [Errno 13] Permission denied: '{path}'"))
    };
    let endpoint = Endpoint("unix:///var/run/docker.sock".into());
    let problem = explained(exited("/opt/logs/supervisord.log"), &plan, "root", &endpoint);
    assert_eq!(
        problem.hint.unwrap(),
        format!(
            "docker run --rm --network none --user 0 --entrypoint chown -v elastalert-ci-logs:/logs {IMAGE} -R 1000:1000 /logs"
        )
    );
    assert_eq!(explained(exited("/tmp/x"), &plan, "root", &endpoint).hint, None);
}
