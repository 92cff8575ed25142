//! State becomes a frame. Everything here is a pure function of the model and the theme; nothing is waited for, read
//! or changed.
