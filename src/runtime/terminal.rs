//! Takes the terminal over and gives it back whatever happens.
