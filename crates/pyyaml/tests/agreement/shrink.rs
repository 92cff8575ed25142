//! Makes a text that both judge differently as small as it goes while they still do, about the same kind. A
//! reproducer of ten characters says what is wrong; a rule of thirty lines does not.

use crate::answer::answer;
use crate::compare::{exception, first_difference};
use crate::oracle::Oracle;

/// Pieces of shrinking length are cut out as long as the difference stays.
pub(crate) fn shrink(oracle: &mut Oracle, text: &[u8], kind: &str) -> Vec<u8> {
    let python = oracle.version.clone();
    let mut text = text.to_vec();
    let mut piece = (text.len() / 2).max(1);
    loop {
        let candidates: Vec<Vec<u8>> = (0..text.len())
            .step_by(piece.div_ceil(2))
            .map(|from| [&text[..from], &text[(from + piece).min(text.len())..]].concat())
            .collect();
        let answers = oracle.answers(&candidates);
        let smaller = candidates.into_iter().zip(answers).find(|(candidate, theirs)| {
            let ours = answer(candidate);
            *theirs != ours
                && exception(&python, candidate, theirs, &ours).is_none()
                && first_difference(theirs, &ours) == Some(kind)
        });
        match smaller {
            Some((smaller, _)) => text = smaller,
            None if piece == 1 => return text,
            None => piece = piece.div_ceil(2),
        }
    }
}
