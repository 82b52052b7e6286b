//! The rules, told as stories: what the sources saw, and what each rule makes of it.

mod doors;
mod pods;
mod proxies;
mod table;
