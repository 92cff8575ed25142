//! Screens as pictures with their styles, one situation each.
//! Nothing here waits for anything.
