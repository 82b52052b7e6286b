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

    /// What an operator has to be walked through, by runbook.
    const WALKS: &[(&str, &[&str])] = &[
        (
            "registry-not-answering",
            &[
                "does-the-front-door-answer",
                "start-a-record",
                "is-the-storage-provider-well",
                "what-state-are-the-pods-in",
                "pods-in-a-crash-loop",
                "pods-stuck-in-init",
                "running-pods-that-throw-errors",
                "fewer-pods-than-usual",
                "more-pods-than-usual",
                "does-the-service-have-its-endpoints",
                "is-the-ingress-the-one-that-haproxy-knows",
                "are-the-cloud-s-load-balancers-well",
                "is-haproxy-healthy",
                "what-do-the-errors-have-in-common",
                "search-the-logs-for-subtle-faults",
                "close-the-record",
            ],
        ),
        (
            "broken-images",
            &[
                "does-the-ticket-match",
                "which-tags-fail",
                "what-is-broken-behind-the-tag",
                "ask-the-owner-to-push-again",
                "wait-for-the-owner-or-do-it-now",
                "delete-the-tag-with-the-cockpit",
                "delete-the-tag-by-hand",
                "when-a-push-does-not-cure-it",
                "note-which-failure-it-was",
            ],
        ),
        (
            "unknown-blob",
            &[
                "do-pulls-fail-while-pushes-succeed",
                "does-the-canary-fail-while-pushes-work",
                "do-tags-show-wrong-dates",
                "what-was-released-last",
                "does-the-registry-know-where-its-tags-are",
                "are-layer-links-being-written",
                "roll-back",
                "verify-the-rollback",
                "close-the-gap-in-the-tests",
            ],
        ),
        (
            "storage-down",
            &[
                "does-the-store-refuse",
                "is-the-store-slow",
                "what-does-the-provider-say",
                "is-the-content-still-there",
                "compare-the-copies",
                "content-is-gone",
                "serve-the-most-pulled-content-from-a-cache",
            ],
        ),
        (
            "failover-and-cache",
            &[
                "is-it-only-redis",
                "what-has-the-other-site-got",
                "switch-over",
                "do-clients-follow",
                "what-is-missing-after-the-switch",
            ],
        ),
        (
            "log-level",
            &["do-you-need-it", "raise-it-on-one-instance", "read-what-it-shows", "lower-it-again"],
        ),
        (
            "delete-image",
            &[
                "must-it-go-at-all",
                "what-can-this-registry-do",
                "delete-one-tag",
                "delete-a-whole-image",
                "run-garbage-collection-in-a-window",
            ],
        ),
        (
            "backup-bucket",
            &[
                "is-there-room",
                "copy-the-files",
                "copy-the-segments",
                "bring-it-up-to-date",
                "copy-a-cloud-bucket",
                "does-the-copy-hold",
            ],
        ),
        (
            "endless-deletes",
            &[
                "is-a-log-filling-the-disk",
                "make-room",
                "who-repeats-what",
                "which-side-must-change",
                "find-the-job-in-gitlab",
                "stop-the-loop",
                "answer-success-in-front-of-the-registry",
                "verify-that-it-has-stopped",
                "mend-the-cause-by-day",
            ],
        ),
    ];

    #[test]
    fn every_step_that_an_operator_needs_is_walked() {
        let shelf = shelf_with(&[]);
        for (book, steps) in WALKS {
            for step in *steps {
                let place = crate::runbook::Place::parse(&format!("{book}#{step}"));
                assert!(matches!(shelf.find(&place), Ok((_, Some(_)))), "{book}#{step} is missing");
            }
        }
    }
}
