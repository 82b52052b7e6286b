//! `quarterdeck man`: prints the manual page, with a chapter for each subcommand.

use std::io::{self, Write};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::out::printed;
use super::{Arguments, Exit};

/// Prints the manual page as roff.
pub fn run() -> Exit {
    printed(page().and_then(|page| io::stdout().write_all(&page)), Exit::Clean)
}

fn page() -> io::Result<Vec<u8>> {
    let mut program = Arguments::command();
    program.build();
    let mut page = Vec::new();
    Man::new(program.clone()).render(&mut page)?;
    for command in leaves(&program) {
        page.extend(chapter(command)?);
    }
    Ok(page)
}

/// Subcommands that do something themselves: `scan`, `config check`.
fn leaves(command: &Command) -> Vec<&Command> {
    let below = |command| if Command::has_subcommands(command) { leaves(command) } else { vec![command] };
    command.get_subcommands().flat_map(below).collect()
}

/// A subcommand's own page, with its sections one level deeper.
fn chapter(command: &Command) -> io::Result<Vec<u8>> {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_uppercase();
    let man = Man::new(command.clone());
    let mut sections = Vec::new();
    man.render_synopsis_section(&mut sections)?;
    man.render_description_section(&mut sections)?;
    man.render_options_section(&mut sections)?;
    man.render_extra_section(&mut sections)?;
    let sections = String::from_utf8_lossy(&sections).replace(".SH ", ".SS ");
    Ok(format!(".SH \"{name}\"\n{sections}").into_bytes())
}
