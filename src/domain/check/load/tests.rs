//! Recorded verdicts of the real loader.
