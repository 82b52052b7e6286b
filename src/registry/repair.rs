//! The exact commands that would carry out a cure.
