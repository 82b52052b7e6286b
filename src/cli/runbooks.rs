//! The runbooks that hold: those that come with the program, and the operator's own from the configuration folder.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::actions::verbs::VERBS;
use crate::config::Location;
use crate::diagnosis::rules::RULES;
use crate::runbook::{Known, Paper, Shelf};

/// The folder of the operator's own runbooks, beside the configuration file.
pub fn folder(location: &Location) -> Option<PathBuf> {
    Some(location.path()?.parent()?.join("runbooks"))
}

/// All runbooks: those that come with the program, with the operator's own.
pub fn shelf(location: &Location) -> Shelf {
    let papers = folder(location).map(|folder| papers(&folder)).unwrap_or_default();
    shelf_with(&papers)
}

/// Those that come with the program, and these.
pub fn shelf_with(papers: &[Paper]) -> Shelf {
    let checks: Vec<_> = RULES.iter().map(|rule| rule.id).collect();
    let verbs: Vec<_> = VERBS.iter().map(|verb| verb.id).collect();
    let known = Known { checks: &checks, verbs: &verbs };
    Shelf::built_in(&known).with(papers, &known)
}

/// The Markdown files of a folder, by name; a folder that is missing has none.
pub fn papers(folder: &Path) -> Vec<Paper> {
    let listed = match fs::read_dir(folder) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            return vec![Paper { file: folder.display().to_string(), text: Err(error.to_string()) }];
        }
    };
    let mut paths: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.sort();
    paths.iter().map(|path| paper(path)).collect()
}

/// A file, read.
pub fn paper(path: &Path) -> Paper {
    Paper {
        file: path.display().to_string(),
        text: fs::read_to_string(path).map_err(|error| error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_runbook_that_comes_with_the_program_reads() {
        let shelf = shelf_with(&[]);
        let wrong: Vec<_> = shelf.mistakes.iter().map(ToString::to_string).collect();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        let files = papers(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/runbooks"));
        let ids: Vec<_> = shelf.books.iter().map(|(book, _)| format!("{}.md", book.id)).collect();
        for file in files {
            assert!(ids.iter().any(|id| file.file.ends_with(id)), "{} is in no table", file.file);
        }
    }

    #[test]
    fn every_rule_leads_to_a_step_that_is_there() {
        let shelf = shelf_with(&[]);
        for rule in RULES {
            let place = crate::runbook::Place::parse(rule.step);
            assert!(matches!(shelf.find(&place), Ok((_, Some(_)))), "{}: {}", rule.id, rule.step);
        }
    }
}
