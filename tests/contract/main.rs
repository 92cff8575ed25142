//! The contract suite against the engine in memory, on a paused clock. `tests/live` runs the very same cases against a
//! real engine; where the two disagree, the fake is wrong.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests"
)]

use alertdeck::engine::fake::FakeWorld;

use suite::Bench;

mod suite;

const IMAGE: &str = "alertdeck/elastalert:2.31.0";

macro_rules! case {
    ($name:ident) => {
        #[tokio::test(start_paused = true)]
        async fn $name() {
            let world = FakeWorld::new("2026-01-02T03:04:05Z".parse().unwrap());
            world.default_engine().put_image(IMAGE, "elastalert", "elastalert:x:1000:1000::/:/bin/sh\n");
            let bench = Bench { docker: world.default_engine(), image: IMAGE.into(), run: "0".into() };
            bench.check(suite::$name(&bench)).await;
        }
    };
}

contract_cases!(case);
