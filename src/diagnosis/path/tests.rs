//! The way of a pull, told as stories: what the sources saw, and what each hop makes of it.
