//! Tests against a real engine, the one that the environment names. They need an image with a shell on it, which
//! `ALERTDECK_DEV_IMAGE` names (`dev/test` sets it); without one they say that they were not run, and where `CI` is
//! set that is a failure. They remove what they make, and touch nothing else on the engine.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "these are tests; they read what dev/test tells them, run the program itself, and print tables"
)]

use std::time::{SystemTime, UNIX_EPOCH};

use alertdeck::domain::environment::Endpoint;
use alertdeck::engine::docker::{DEFAULT_SOCKET, RealDocker};
use libtest_mimic::{Arguments, Failed, Trial};

use suite::Bench;

mod cut;
mod deploy;
mod nine;
mod preflight;
#[path = "../contract/suite/mod.rs"]
mod suite;

const IMAGE: &str = "ALERTDECK_DEV_IMAGE";

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The engine that `DOCKER_HOST` names, or the usual one.
fn docker() -> RealDocker {
    let endpoint = variable("DOCKER_HOST").unwrap_or_else(|| DEFAULT_SOCKET.to_owned());
    RealDocker::new(Endpoint(endpoint), false).unwrap()
}

/// A name that no other run and no other test has.
fn run(test: usize) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    format!("{:x}-{now:x}-{test}", std::process::id())
}

/// A test that needs the engine: it runs, is reported as not run with the reason, or fails because it must run.
fn live(name: &str, test: impl FnOnce() -> Result<(), Failed> + Send + 'static) -> Trial {
    match (variable(IMAGE), variable("CI").as_deref()) {
        (Some(_), _) => Trial::test(name, test),
        (None, Some("true")) => {
            Trial::test(name, || Err(format!("{IMAGE} is not set, so it was not run, and CI=true").into()))
        }
        (None, _) => {
            Trial::test(format!("{name} (not run: {IMAGE} is not set; dev/test sets it)"), || Ok(()))
                .with_ignored_flag(true)
        }
    }
    .with_kind("live")
}

fn block_on(future: impl Future<Output = ()>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(future);
    Ok(())
}

fn main() {
    let mut arguments = Arguments::from_args();
    // An engine does many things at once, but a small machine does not.
    arguments.test_threads = arguments.test_threads.or(Some(4));
    let mut trials = Vec::new();
    macro_rules! case {
        ($name:ident) => {{
            let number = trials.len();
            trials.push(live(concat!("contract::", stringify!($name)), move || {
                block_on(async move {
                    let bench = Bench {
                        docker: docker(),
                        image: variable(IMAGE).unwrap_or_default(),
                        run: run(number),
                    };
                    bench.check(suite::$name(&bench)).await;
                })
            }));
        }};
    }
    contract_cases!(case);
    macro_rules! deploy_case {
        ($name:ident) => {{
            let number = trials.len();
            trials.push(live(concat!("deploy::", stringify!($name)), move || {
                block_on(deploy::on_a_stage(&run(number), deploy::$name))
            }));
        }};
    }
    deploy_case!(a_deployed_environment_runs_its_rules_and_alerts);
    deploy_case!(a_broken_rule_is_put_back_and_nobody_elses_container_is_touched);
    deploy_case!(a_network_that_goes_before_the_stop_costs_nothing);
    deploy_case!(one_process_that_loads_for_20_seconds_and_dies_is_not_healthy);
    deploy_case!(what_was_deployed_can_be_compared);
    deploy_case!(a_release_of_before_runs_again);
    deploy_case!(what_only_the_image_can_tell_is_refused_before_anything_is_touched);
    let number = trials.len();
    trials.push(live(
        "cut::a_deploy_that_is_killed_at_any_step_is_gone_on_with_from_another_clone",
        move || {
            cut::a_deploy_that_is_killed_at_any_step_is_gone_on_with_from_another_clone(&run(number));
            Ok(())
        },
    ));
    let number = trials.len();
    trials.push(live("nine::each_of_nine_deploys_ends_as_it_should", move || {
        block_on(deploy::on_a_stage(&run(number), nine::each_of_nine_deploys_ends_as_it_should))
    }));
    macro_rules! preflight_case {
        ($name:ident) => {{
            let number = trials.len();
            trials.push(live(concat!("preflight::", stringify!($name)), move || {
                block_on(preflight::$name(run(number)))
            }));
        }};
    }
    preflight_case!(good_rules_load_and_say_what_they_need);
    preflight_case!(each_kind_of_broken_rule_is_told);
    preflight_case!(of_two_rules_with_one_name_the_second_is_told);
    preflight_case!(a_rule_that_hangs_or_kills_takes_no_other_with_it);
    preflight_case!(a_configuration_that_is_refused_is_told);
    preflight_case!(a_signal_in_the_middle_leaves_no_container);
    preflight_case!(the_table_of_facts_is_what_the_image_says);
    libtest_mimic::run(&arguments, trials).exit();
}
