//! `quarterdeck man`: prints the manual page, one section for each subcommand.

use std::io::Write;

use clap::CommandFactory;

use super::{Arguments, Exit};

/// Prints the manual page as roff.
pub fn run() -> Exit {
    match page() {
        Ok(page) => {
            // A reader that has gone away needs no message.
            let _ = std::io::stdout().write_all(&page);
            Exit::Clean
        }
        Err(error) => {
            eprintln!("quarterdeck: cannot write the manual page: {error}");
            Exit::Unread
        }
    }
}

fn page() -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page)?;
    Ok(page)
}
