//! All runbooks: those that come with the program, and the operator's own, which go before them.

use super::block::{Branch, Place};
use super::mistake::Mistake;
use super::page::{Runbook, Step};
use super::parse::{Known, id_of, parse};
use crate::model::nearest;
use crate::model::text::clean;

/// The files that come with the program.
const FILES: &[(&str, &str)] = &[
    ("registry-not-answering.md", include_str!("../../assets/runbooks/registry-not-answering.md")),
    ("broken-images.md", include_str!("../../assets/runbooks/broken-images.md")),
    ("unknown-blob.md", include_str!("../../assets/runbooks/unknown-blob.md")),
    ("storage-down.md", include_str!("../../assets/runbooks/storage-down.md")),
    ("failover-and-cache.md", include_str!("../../assets/runbooks/failover-and-cache.md")),
    ("log-level.md", include_str!("../../assets/runbooks/log-level.md")),
    ("delete-image.md", include_str!("../../assets/runbooks/delete-image.md")),
    ("endless-deletes.md", include_str!("../../assets/runbooks/endless-deletes.md")),
    ("backup-bucket.md", include_str!("../../assets/runbooks/backup-bucket.md")),
];

/// A file that a runbook is to be read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paper {
    /// What mistakes call it.
    pub file: String,
    /// Its text, or why it could not be read.
    pub text: Result<String, String>,
}

/// Where a runbook comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It comes with the program.
    BuiltIn,
    /// From this file.
    Own(String),
    /// From this file, in place of the one that comes with the program.
    Instead(String),
}

/// All runbooks, and what is wrong with those that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    /// Those that come with the program first, each with where it is from.
    pub books: Vec<(Runbook, Origin)>,
    /// What is wrong with files, by file and line.
    pub mistakes: Vec<Mistake>,
}

impl Shelf {
    /// The runbooks that come with the program.
    pub fn built_in(known: &Known<'_>) -> Self {
        let mut shelf = Self::default();
        for (file, text) in FILES {
            match parse(text, file, known) {
                Ok(book) => shelf.books.push((book, Origin::BuiltIn)),
                Err(mistakes) => shelf.mistakes.extend(mistakes),
            }
        }
        shelf
    }

    /// With the operator's own: one of the same name as another takes its place, a broken one takes none.
    #[must_use]
    pub fn with(mut self, papers: &[Paper], known: &Known<'_>) -> Self {
        for paper in papers {
            match read(paper, known) {
                Ok(book) => self.put(book, paper.file.clone()),
                Err(mistakes) => self.mistakes.extend(mistakes),
            }
        }
        let astray = self.astray();
        self.mistakes.extend(astray);
        self
    }

    fn put(&mut self, book: Runbook, file: String) {
        match self.books.iter_mut().find(|(other, _)| other.id == book.id) {
            Some(place) => *place = (book, Origin::Instead(file)),
            None => self.books.push((book, Origin::Own(file))),
        }
    }

    /// The runbook of this id.
    pub fn book(&self, id: &str) -> Option<&Runbook> {
        self.books.iter().map(|(book, _)| book).find(|book| book.id == id)
    }

    /// A runbook and a step of it; of a runbook as a whole no step.
    ///
    /// # Errors
    ///
    /// There is none of that name; what was probably meant.
    pub fn find(&self, place: &Place) -> Result<(&Runbook, Option<&Step>), String> {
        let ids = || self.books.iter().map(|(book, _)| book.id.as_str());
        let meant =
            |near: Option<&str>| near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        let Some(book) = self.book(&place.runbook) else {
            let broken = self.mistakes.iter().find(|mistake| id_of(&mistake.file) == place.runbook);
            return Err(match broken {
                Some(mistake) => format!("the runbook {} could not be read: {mistake}", place.runbook),
                None => {
                    format!("there is no runbook {}{}", place.runbook, meant(nearest(&place.runbook, ids())))
                }
            });
        };
        if place.anchor.is_empty() {
            return Ok((book, None));
        }
        book.step(&place.anchor).map(|step| (book, Some(step))).ok_or_else(|| {
            let anchors = book.steps.iter().map(|step| step.anchor.as_str());
            format!("{} has no step #{}{}", book.id, place.anchor, meant(nearest(&place.anchor, anchors)))
        })
    }

    /// Branches that lead to a step of another runbook that is not there.
    fn astray(&self) -> Vec<Mistake> {
        let branches = |book: &'_ Runbook| -> Vec<Branch> {
            book.steps.iter().flat_map(Step::checks).flat_map(|check| check.branches.clone()).collect()
        };
        let mut astray = Vec::new();
        for (book, origin) in &self.books {
            for branch in branches(book).iter().filter(|branch| !branch.to.runbook.is_empty()) {
                if let Err(what) = self.find(&branch.to) {
                    let file = match origin {
                        Origin::BuiltIn => format!("{}.md", book.id),
                        Origin::Own(file) | Origin::Instead(file) => file.clone(),
                    };
                    astray.push(Mistake { file, line: branch.line, what, hint: String::new() });
                }
            }
        }
        astray
    }
}

/// The text of a file of the operator's, made safe for the screen.
fn read(paper: &Paper, known: &Known<'_>) -> Result<Runbook, Vec<Mistake>> {
    match &paper.text {
        Ok(text) => {
            let lines = text.lines().map(|line| clean(&line.replace('\t', "    ")).into_owned());
            parse(&lines.collect::<Vec<_>>().join("\n"), &paper.file, known)
        }
        Err(why) => {
            let what = format!("cannot be read: {why}");
            Err(vec![Mistake { file: paper.file.clone(), line: 0, what, hint: String::new() }])
        }
    }
}
