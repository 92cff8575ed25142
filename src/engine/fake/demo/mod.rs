//! The world of `alertdeck demo`: the sample workspace and three environments with different troubles. CI is healthy;
//! in Staging the container runs and `ElastAlert` in it does not; Production runs, with an older release and failing
//! queries, and its next release does not survive the gate.

use std::path::{Path, PathBuf};

use crate::domain::problem::Problem;
use crate::domain::remote::Timestamp;

use super::FakeWorld;

mod sample;

/// Where the workspace of the demo seems to lie.
const ROOT: &str = "/demo";

/// Makes the world as it is at `now`, and says where its workspace lies.
pub async fn world(now: Timestamp) -> Result<(FakeWorld, PathBuf), Problem> {
    let world = FakeWorld::new(now);
    for (path, bytes) in sample::FILES {
        world.files.put(Path::new(ROOT).join(path), *bytes);
    }
    Ok((world, PathBuf::from(ROOT)))
}
