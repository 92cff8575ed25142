//! A search engine whose answers are written down in advance. Where nothing is written down it does not answer, so
//! that a test never takes emptiness for an answer.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::domain::problem::{Problem, code};
use crate::engine::Search;

type Answer = Box<dyn Fn() -> Result<Value, Problem> + Send + Sync>;

/// Scripted answers, and the questions that were asked.
#[derive(Default)]
pub struct FakeSearch {
    answers: Mutex<Vec<(String, Answer)>>,
    asked: Mutex<Vec<(String, Option<Value>)>>,
}

impl fmt::Debug for FakeSearch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeSearch").field("asked", &self.asked).finish_non_exhaustive()
    }
}

impl FakeSearch {
    /// Answers every question whose path holds this from now on; the newest such answer wins.
    pub fn answer(&self, path: &str, answer: Result<Value, Problem>) {
        self.answer_with(path, move || answer.clone());
    }

    /// The same, with an answer that is made when it is asked for.
    pub fn answer_with(
        &self,
        path: &str,
        answer: impl Fn() -> Result<Value, Problem> + Send + Sync + 'static,
    ) {
        let answers = &mut self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.push((path.to_owned(), Box::new(answer)));
    }

    /// The questions so far: path and body.
    pub fn asked(&self) -> Vec<(String, Option<Value>)> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Search for FakeSearch {
    async fn ask(&self, url: &str, path: &str, body: Option<Value>) -> Result<Value, Problem> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((path.to_owned(), body));
        self.answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .rev()
            .find(|(part, _)| path.contains(part.as_str()))
            .map_or_else(
                || Err(Problem::new(code::SEARCH_UNREACHABLE, format!("no search engine answers at {url}"))),
                |(_, answer)| answer(),
            )
    }
}
