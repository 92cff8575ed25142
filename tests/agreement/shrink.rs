//! Makes a workspace that both judge differently as small as it goes while they still do, about the same kind. Four
//! lines say what is wrong; a rule of thirty lines does not.

use crate::Found;
use crate::compare::{Difference, KINDS, Tally};
use crate::judge::Judge;
use crate::subject;
use crate::workspace::{File, Workspace};

/// So many of each kind are made smaller.
const OF_EACH: usize = 4;
/// So many smaller workspaces are tried for each.
const QUESTIONS: usize = 600;

/// Makes the first of each kind smaller; the others stay as they are.
pub(crate) fn shrink(found: &mut [Found]) {
    if found.is_empty() {
        return;
    }
    let Some(mut judge) = Judge::start() else { return };
    for kind in KINDS {
        for one in found.iter_mut().filter(|one| one.difference.kind == kind).take(OF_EACH) {
            smaller(&mut judge, one);
        }
    }
}

/// Lines are left out, and then characters, as long as the difference stays.
fn smaller(judge: &mut Judge, one: &mut Found) {
    let path = one.difference.path.clone();
    let Some(File::Bytes(bytes)) = one.workspace.files.get(&path).cloned() else { return };
    let mut left = QUESTIONS;
    let lines = bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let lines = fewer(judge, one, &path, lines, &mut left);
    let letters = lines.concat().into_iter().map(|byte| vec![byte]).collect();
    fewer(judge, one, &path, letters, &mut left);
}

/// Cuts out runs of pieces, shorter and shorter ones.
fn fewer(
    judge: &mut Judge,
    one: &mut Found,
    path: &str,
    mut pieces: Vec<Vec<u8>>,
    left: &mut usize,
) -> Vec<Vec<u8>> {
    let mut run = (pieces.len() / 2).max(1);
    loop {
        let shorter: Vec<Vec<Vec<u8>>> = (0..pieces.len())
            .step_by(run)
            .map(|from| [&pieces[..from], &pieces[(from + run).min(pieces.len())..]].concat())
            .collect();
        let Some(enough) = left.checked_sub(shorter.len()) else { return pieces };
        *left = enough;
        let candidates: Vec<Workspace> = shorter
            .iter()
            .map(|pieces| {
                let mut candidate = one.workspace.clone();
                candidate.files.insert(path.to_owned(), File::Bytes(pieces.concat()));
                candidate
            })
            .collect();
        let answers = judge.ask(&candidates);
        let found =
            shorter.into_iter().zip(candidates).zip(answers).find_map(|((pieces, candidate), theirs)| {
                let differences = Tally::default().count(&theirs, &subject::answer(&candidate));
                let same = |new: &Difference| new.kind == one.difference.kind && new.path == path;
                differences.into_iter().next().filter(same).map(|difference| (pieces, candidate, difference))
            });
        match found {
            Some((fewer, candidate, difference)) => {
                pieces = fewer;
                one.workspace = candidate;
                one.difference = difference;
            }
            None if run == 1 => return pieces,
            None => run = (run / 2).max(1),
        }
    }
}
